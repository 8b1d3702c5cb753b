// Adds a place to drop files to forms with file fields, and shows what was chosen before it is sent.
// Without scripts, and with the keyboard, the file fields themselves do the work.
"use strict";

const MOST_PREVIEWS = 60; // more are only counted: each is decoded by the browser
const PREVIEW_WIDTH = 160; // pixels

function inWords(bytes) {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function element(name, text = "", classes = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = classes;
  return made;
}

// Whether the field takes a file, by the `accept` attribute, as the browser's dialogue does.
function takes(field, file) {
  const kinds = field.accept.toLowerCase().split(",");
  const name = file.name.toLowerCase();
  return kinds.some((kind) => (kind.startsWith(".") ? name.endsWith(kind) : kind === file.type));
}

function setFiles(field, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  field.files = transfer.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

const isSame = (one, other) =>
  one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

// A small picture of the file, or a word where the browser cannot decode it (TIFF, for example).
async function preview(file, place) {
  try {
    const bitmap = await createImageBitmap(file, {
      resizeWidth: PREVIEW_WIDTH,
      resizeQuality: "medium",
    });
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
    canvas.setAttribute("aria-hidden", "true"); // the name is beside it
    place.replaceChildren(canvas);
  } catch {
    place.textContent = "no preview";
  }
}

class Upload {
  constructor(form) {
    this.form = form;
    this.fields = [...form.querySelectorAll('input[type="file"]')];
    this.pictures = form.elements.pictures;
    this.largest = Number(form.dataset.largest);
    this.drawing = 0;
    this.zone = element("p", "Drop files here, or choose them above.", "drop");
    this.status = element("p", "", "muted");
    this.status.setAttribute("role", "status");
    this.list = element("ul", "", "thumbs chosen");
    this.list.setAttribute("aria-label", "Chosen pictures");
    this.pictures.after(this.zone, this.status, this.list);
    this.pictures.addEventListener("change", () => this.show());
    form.addEventListener("dragover", (event) => this.over(event));
    form.addEventListener("dragleave", () => this.zone.classList.remove("over"));
    form.addEventListener("drop", (event) => this.drop(event));
    this.show(); // the browser may have kept the files when it went back
  }

  over(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.zone.classList.add("over");
  }

  drop(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.zone.classList.remove("over");
    const refused = [];
    const added = new Map(this.fields.map((field) => [field, []]));
    for (const file of event.dataTransfer.files) {
      const field = this.fields.find((one) => takes(one, file));
      if (field) added.get(field).push(file);
      else refused.push(file.name);
    }
    for (const [field, files] of added) {
      if (!files.length) continue;
      const kept = field.multiple ? [...field.files] : [];
      const fresh = files.filter((file) => !kept.some((one) => isSame(one, file)));
      const all = [...kept, ...fresh];
      setFiles(field, field.multiple ? all : all.slice(-1));
    }
    if (refused.length) {
      const names = refused.slice(0, 5).join(", ") + (refused.length > 5 ? ", …" : "");
      this.status.textContent += ` Left out, because this form takes no such files: ${names}.`;
    }
  }

  async show() {
    const number = ++this.drawing; // a later choice ends the previews of this one
    const files = [...this.pictures.files];
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    const what = files.length === 1 ? "1 picture" : `${files.length} pictures`;
    this.status.textContent = files.length ? `${what}, ${inWords(bytes)}.` : "";
    const rows = files.slice(0, MOST_PREVIEWS).map((file) => this.row(file));
    this.list.replaceChildren(...rows.map(({ item }) => item));
    this.list.hidden = !files.length;
    if (files.length > MOST_PREVIEWS) {
      this.status.textContent += ` The first ${MOST_PREVIEWS} are shown.`;
    }
    for (const { file, place } of rows) {
      if (number !== this.drawing) return;
      await preview(file, place); // one after the other, to need little memory
    }
  }

  row(file) {
    const item = document.createElement("li");
    const place = element("div", "…", "preview muted");
    const caption = element("p", "", "caption");
    caption.append(element("strong", file.name), ` ${inWords(file.size)}`);
    if (file.size > this.largest) {
      const most = `larger than ${Math.floor(this.largest / 2 ** 20)} MB: it will be refused`;
      caption.append(document.createElement("br"), element("span", most, "problem"));
    }
    const button = element("button", "Leave out", "link");
    button.type = "button";
    button.setAttribute("aria-label", `Leave out ${file.name}`);
    button.addEventListener("click", () => {
      const before = [...this.list.children].indexOf(item);
      setFiles(this.pictures, [...this.pictures.files].filter((one) => one !== file));
      const next = this.list.children[Math.min(before, this.list.children.length - 1)];
      (next ? next.querySelector("button") : this.pictures).focus();
    });
    item.append(place, caption, button);
    return { item, file, place };
  }
}

// A file that is dropped beside the form would otherwise replace the page.
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
}
for (const form of document.querySelectorAll("[data-upload]")) new Upload(form);

// Show each invitation's whole address, to copy it. The browser knows the site's name; the server
// does not take it from a header.
"use strict";

for (const link of document.querySelectorAll("a.invitation")) {
  link.textContent = link.href;
}

"""Who may read what by the API: tokens, limits, and other people's studies."""

from __future__ import annotations

from datetime import timedelta

from django.urls import get_resolver, reverse
from django.utils import timezone

from config.accounts.models import AccessToken, digest_of
from config.api.authentication import REQUESTS, TABLES
from metrics.measurements.fitting import fit_calibration
from tests.metrics.views.world import measured_batch, simulated_study
from tests.project.test_login import address, pages

OPEN = {"api:openapi-json", "api:api-root"}


def api_pages() -> dict[str, str]:
    """Every address of the API by its name."""
    return {
        name: address(name, pattern)
        for name, pattern in pages(get_resolver())
        if name.startswith("api:")
    }


def test_it_asks_for_a_token_at_every_address(client, program):
    good = program()
    for name, url in api_pages().items():
        if name in OPEN:
            continue
        assert client.get(url).status_code == 401
        wrong = client.get(url, headers={"Authorization": "Bearer ecspace_guess"})
        assert wrong.status_code == 401
        assert good.get(url).status_code in (200, 404)
        for change in (good.post, good.put, good.patch, good.delete):
            assert change(url).status_code == 405


def test_a_session_of_the_site_is_no_token(researcher):
    assert researcher.get("/api/v1/studies").status_code == 401


def test_a_token_is_hashed_notes_its_use_and_ends_with_its_account(program, django_user_model):
    good = program()
    token = AccessToken.objects.get()
    secret = good.defaults["HTTP_AUTHORIZATION"].split()[1]
    assert secret not in str(AccessToken.objects.values()) and token.digest == digest_of(secret)
    assert token.last_used_at is None
    good.get("/api/v1/studies")
    token.refresh_from_db()
    first = token.last_used_at
    assert timezone.now() - first < timedelta(minutes=1)
    good.get("/api/v1/studies")
    token.refresh_from_db()
    assert token.last_used_at == first  # not written at every request
    django_user_model.objects.update(is_active=False)
    assert good.get("/api/v1/studies").status_code == 401
    django_user_model.objects.update(is_active=True)
    token.delete()
    assert good.get("/api/v1/studies").status_code == 401


def test_it_limits_the_requests_of_each_token(program):
    one, other = program(), program()
    for _ in range(REQUESTS.most):
        REQUESTS.allows(str(AccessToken.objects.get(name="token 0").pk))
    refused = one.get("/api/v1/studies")
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert other.get("/api/v1/studies").status_code == 200
    for _ in range(TABLES.most):
        TABLES.allows(str(AccessToken.objects.get(name="token 1").pk))
    assert other.get("/api/v1/studies.csv").status_code == 429
    assert other.get("/api/v1/studies").status_code == 200


def test_it_shows_no_study_of_others(program, django_user_model):
    batch = measured_batch(2, 2)
    study = simulated_study(batch, "E", participants=3, trials=10)
    model = fit_calibration([study], "E", include_simulated=True, replicates=0, terms=["E1"])
    mine, others = program("ada"), program("grace")
    study.created_by = django_user_model.objects.get(username="ada")
    study.save()
    paths = [
        f"studies/{study.pk}",
        *(f"studies/{study.pk}/{of}" for of in ("votes", "votes.csv", "measurements",
                                                 "measurements.csv")),
        f"calibrations/{model.pk}",
        f"calibrations/{model.pk}/scores",
        f"calibrations/{model.pk}/scores.csv?batch={batch.pk}",
    ]  # fmt: skip
    for path in paths:
        assert mine.get(f"/api/v1/{path}").status_code == 200, path
        assert others.get(f"/api/v1/{path}").status_code == 404, path
    for path in ("studies", "calibrations"):
        assert len(mine.get(f"/api/v1/{path}").json()["items"]) == 1
        assert others.get(f"/api/v1/{path}").json() == {"items": [], "next": None}
    assert others.get("/api/v1/studies.csv").getvalue().count(b"\n") == 1


def test_the_document_describes_every_address(client, db):
    document = client.get(reverse("api:openapi-json")).json()
    assert document["openapi"].startswith("3.")
    assert document["components"]["securitySchemes"]["Token"]["scheme"] == "bearer"
    listed = {path.replace("{study}", "1").replace("{batch}", "1").replace("{calibration}", "1")
              for path in document["paths"]}  # fmt: skip
    assert listed == {url for name, url in api_pages().items() if name not in OPEN}
    for path in document["paths"].values():
        assert set(path) == {"get"} and path["get"]["security"] == [{"Token": []}]
    vote = document["components"]["schemas"]["VoteOut"]["properties"]
    assert vote["choice"]["description"] == "the preferred stimulus"

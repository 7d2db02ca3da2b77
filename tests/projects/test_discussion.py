"""Comments: who reads, writes and is told; a mention gives no rights."""

from io import BytesIO

import pytest
from PIL import Image

from projects.models import Assignment, Comment, Mention, Project
from projects.policies import readers_of
from projects.selectors.discussion import project_discussion, task_discussion
from projects.services import discussion
from psa.core.access import actors
from psa.core.access.models import Membership
from psa.core.documents import services as documents
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.notifications.models import Notification
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT


@pytest.fixture
def scene(acme, engagement):
    """Ben is to do the task Build; Bea is on the team and has no task."""
    with acme.scope():
        Assignment.objects.create(
            tenant=acme.tenant, task=engagement.build, resource=acme.resources["ben"], minutes=600
        )
        acme.project, acme.build = engagement.project, engagement.build
        yield acme


def write(firm, who, text, *, task=None):
    return discussion.add_comment(
        project_id=firm.project.pk, task_id=task, text=text, actor=firm.actors[who], at=AT
    )


def test_a_mention_tells_and_leads_there(scene):
    write(scene, "priya", "@Ben, is the load file ready? @Priya", task=scene.build.pk)
    [told] = Notification.objects.all()
    assert told.membership_id == scene.actors["ben"].membership_id
    assert told.title == "You are mentioned: 1 Build"
    assert told.path == scene.url(f"projects/{scene.project.pk}/tasks/{scene.build.pk}/discussion/")
    assert Mention.objects.count() == 2
    page = scene.client("ben").get(told.path)
    assert page.status_code == 200
    assert "<b>@Ben</b>, is the load file ready?" in page.content.decode()


@pytest.mark.parametrize(("name", "task"), [("Bea", True), ("Sam", True), ("Ben", False)])
def test_who_may_not_read_it_cannot_be_mentioned(scene, name, task):
    with pytest.raises(DomainError, match=f"{name} may not see this") as refused:
        write(scene, "priya", f"@{name} please", task=scene.build.pk if task else None)
    assert refused.value.field == "text"
    assert not Comment.objects.exists()
    assert not Notification.objects.exists()


def test_who_left_the_firm_is_not_a_name(scene):
    Membership.objects.filter(pk=scene.actors["rae"].membership_id).update(is_active=False)
    write(scene, "priya", "@Rae knew this")
    assert not Mention.objects.exists()


def test_readers_are_exactly_those_who_can_open_it(scene):
    """The set-based answer against the one for each person."""
    for task_id in (None, scene.build.pk):
        told = set(readers_of(scene.project, task_id).values_list("id", flat=True))
        for name in scene.actors:
            actor = actors.for_membership(
                Membership.objects.get(pk=scene.actors[name].membership_id)
            )
            try:
                if task_id is None:
                    project_discussion(actor=actor, project_id=scene.project.pk)
                else:
                    task_discussion(actor=actor, project_id=scene.project.pk, task_id=task_id)
                reads = True
            except NotFound:
                reads = False
            assert (actor.membership_id in told) == reads, (name, task_id)


def test_who_does_a_task_writes_there_and_nowhere_else(scene):
    write(scene, "ben", "Done by Friday", task=scene.build.pk)
    with pytest.raises(NotFound):
        write(scene, "ben", "Hello")
    with pytest.raises(NotFound):
        write(scene, "bea", "Hello", task=scene.build.pk)
    page = project_discussion(actor=scene.actors["priya"], project_id=scene.project.pk)
    [row] = page.comments
    assert (row.author_name, row.task_name, row.text) == ("Ben", "1 Build", "Done by Friday")
    assert page.activity[0].what == "commented on task 1 Build"


def test_only_its_author_changes_a_comment_and_the_manager_may_remove_it(scene):
    comment = write(scene, "rae", "First")
    change = {"comment_id": comment.pk, "at": AT}
    with pytest.raises(PermissionDenied, match="Only who wrote"):
        discussion.edit_comment(**change, text="Second", actor=scene.actors["priya"])
    discussion.edit_comment(**change, text="Ask @Priya", actor=scene.actors["rae"])
    discussion.edit_comment(**change, text="Ask @Priya again", actor=scene.actors["rae"])
    assert Notification.objects.count() == 1
    with pytest.raises(PermissionDenied, match="Only who wrote"):
        discussion.remove_comment(**change, actor=scene.actors["fay"])
    discussion.remove_comment(**change, actor=scene.actors["priya"])
    comment.refresh_from_db()
    assert (comment.text, Mention.objects.count()) == ("", 0)
    [row] = project_discussion(actor=scene.actors["rae"], project_id=scene.project.pk).comments
    assert row.was_removed
    with pytest.raises(DomainError, match="was removed meanwhile"):
        discussion.edit_comment(**change, text="Third", actor=scene.actors["rae"])


def test_a_closed_project_is_no_longer_discussed(scene):
    Project.objects.update(status="closed")
    with pytest.raises(DomainError, match="is closed"):
        write(scene, "priya", "Too late")


def test_pages_take_the_same_queries_for_many_comments(scene, django_assert_max_num_queries):
    client = scene.client("priya")
    path = scene.url(f"projects/{scene.project.pk}/discussion/")
    for number in range(120):
        write(scene, "priya", f"@Fay {number}", task=scene.build.pk)
    client.get(path)
    with django_assert_max_num_queries(27):
        page = client.get(path)
    assert "Older comments" in page.content.decode()
    older = project_discussion(
        actor=scene.actors["priya"], project_id=scene.project.pk,
        before_id=page.context["older"],
    )  # fmt: skip
    assert len(older.comments) == 20


def test_the_pages_write_change_and_remove(scene):
    client = scene.client("priya")
    path = scene.url(f"projects/{scene.project.pk}/discussion/")
    assert client.post(path, {"text": " "}).status_code == 422
    refused = client.post(path, {"text": "@Ben hello"})
    assert refused.status_code == 422
    assert "Ben may not see this" in refused.content.decode()
    assert client.post(path, {"text": "<script>alert(1)</script> hello"}).status_code == 302
    comment = Comment.objects.get()
    assert "&lt;script&gt;" in client.get(path).content.decode()
    edit = scene.url(f"projects/comments/{comment.pk}/edit/")
    assert client.post(edit, {"text": "Good morning"}).status_code == 302
    assert scene.client("rae").get(edit).status_code == 404
    assert client.post(scene.url(f"projects/comments/{comment.pk}/remove/")).status_code == 302
    assert "This comment was removed" in client.get(path).content.decode()


def test_files_are_for_those_who_read_the_task(scene):
    picture = BytesIO()
    Image.new("RGB", (8, 8), "white").save(picture, "PNG")
    kept = {"record_type": "projects.Task", "record_id": scene.build.pk, "filename": "a.png"}
    documents.store(**kept, content=picture, actor=scene.actors["ben"], at=AT)
    with pytest.raises(NotFound):
        documents.store(**kept, content=picture, actor=scene.actors["bea"], at=AT)
    listed = f"documents/of/projects.Task/{scene.build.pk}/"
    assert scene.client("rae").get(scene.url(listed)).status_code == 200
    assert scene.client("sam").get(scene.url(listed)).status_code == 404


def test_by_api(scene):
    priya, ben = (Caller(token_of(scene, name)) for name in ("priya", "ben"))
    whole = f"/projects/{scene.project.pk}/comments"
    task = f"/projects/{scene.project.pk}/tasks/{scene.build.pk}/comments"
    made = priya.post(task, {"text": "Ready, @Ben?"}, 201)
    assert made["comments"][0]["text"] == "Ready, @Ben?"
    assert ben.get(task)["comments"][0]["author_name"] == "Priya"
    assert ben.call("GET", whole).status_code in (403, 404)
    number = made["comments"][0]["id"]
    assert ben.call("PUT", f"/comments/{number}", {"text": "No"}).status_code == 403
    changed = priya.put(f"/comments/{number}", {"text": "Ready now, @Ben?"})
    assert changed["comments"][0]["was_edited"]
    gone = priya.call("DELETE", f"/comments/{number}")
    assert gone.json()["comments"][0]["was_removed"]
    assert priya.get(whole)["comments"][0]["text"] == ""


def test_of_another_tenant_does_not_exist(acme, engagement, globex):
    with acme.scope():
        acme.project = engagement.project
        comment = write(acme, "priya", "Ours")
    client = globex.client("otto")
    for path in (f"{engagement.project.pk}/discussion/", f"comments/{comment.pk}/edit/"):
        assert client.get(globex.url(f"projects/{path}")).status_code == 404

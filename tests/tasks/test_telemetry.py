"""A worker reports errors of tasks and sends their spans, without what it read and for whom."""

from __future__ import annotations

from pathlib import Path

from tests.portal.monitoring.receiver import running_receiver
from tests.tasks.conftest import SECRETS, Office, running_worker


def test_tasks_have_spans_and_reports_without_secrets(office: Office, tmp_path: Path) -> None:
    with running_receiver() as receiver:
        with running_worker(office, tmp_path, **receiver.settings) as worker:
            office.enqueue("scan", "facts")
            office.enqueue("settle_change", "no change of alice")
            receiver.wait_until(lambda: bool(receiver.reports))
            office.ask("BackgroundTask.objects.filter(name='settle_change').delete()")
            office.wait_for_tasks(worker)
            receiver.wait_until(lambda: any(span.name == "scan" for span in receiver.spans))

        runs = {span.span_id for span in receiver.spans if span.name == "scan"}
        calls = [span for span in receiver.spans if span.kind == span.SPAN_KIND_CLIENT]
        assert calls
        assert {span.parent_span_id for span in calls} <= runs
        kinds = {report["exception"]["values"][-1]["type"] for report in receiver.reports}
        assert kinds == {"ValidationError"}
        assert {report["logger"] for report in receiver.reports} == {"billing.services.task_queue.runs"}
        everything = receiver.everything
        assert [one for one in SECRETS if one.encode() in everything] == []

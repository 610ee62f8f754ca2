"""`mediabase status --watch`: the stages of a run that another process works on, until it ends."""

import re
import time

import pytest

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


def test_a_run_of_another_process_is_shown_until_it_ends_and_then_the_newest(project):
    run = project.start("migrate", "--skip-confirmation", "--demo", "--demo-transcripts", "1500")
    try:
        working = "select exists (select from pg_stat_activity where application_name like 'mediabase migration %')"
        deadline = time.monotonic() + 200
        while run.poll() is None and time.monotonic() < deadline:
            time.sleep(1)
            if (project.home / "postgres").exists() and project.value(working):
                break
        shown = project.run("status", "--watch")
    finally:
        out, err = run.communicate(timeout=300)
    assert run.returncode == 0, out + err
    assert shown.code == 0, shown.out + shown.err
    assert re.search(r"Run [0-9a-f]{8} \(migrate\), since", shown.out)
    assert re.search(r"stage 10 .*: done", shown.out) or re.search(r"stage +8 .*: done", shown.out)
    assert "It succeeded." in shown.out
    after = project.run("status", "--watch")
    assert after.code == 0
    assert "No run is going on." in after.out
    assert "ended as success" in after.out
    told = project.run("status").out
    assert re.search(r"8 Table Population +done +\d\d:\d\d:\d\d", told)

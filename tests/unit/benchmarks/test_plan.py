from benchmarks.lasting.plan import SIEGE, STORM, plan


def test_services_die_in_the_first_and_the_last_quarter_only() -> None:
    planned = plan(7200, 150)
    middle = [each for each in planned if 1800 <= each.at_s < 5400]
    assert all(each.fault in SIEGE for each in middle)
    assert all(each.fault in STORM for each in planned if each not in middle)


def test_two_hours_have_each_fault_once_at_least() -> None:
    assert {each.fault.name for each in plan(7200, 150)} == {fault.name for fault in (*STORM, *SIEGE)}


def test_the_last_fault_leaves_time_to_recover() -> None:
    assert 600 - plan(600, 100)[-1].at_s >= 100

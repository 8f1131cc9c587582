"""Each rule for stored notebooks catches its fault, and nothing else is reported."""

import pytest
from nbformat.v4 import new_markdown_cell, new_output

from scripts import rules
from tests.book.notebooks.pieces import cell, picture, stream


def test_good_notebook_breaks_no_rule(good):
    assert rules.broken(good) == []


def never_run(notebook):
    notebook.cells[5].execution_count = None


def gap_in_the_counts(notebook):
    notebook.cells[5].execution_count = 6


def run_out_of_order(notebook):
    notebook.cells[1].execution_count, notebook.cells[2].execution_count = 2, 1


def empty_cell(notebook):
    notebook.cells.append(cell("  \n", 6))


def stored_error(notebook):
    notebook.cells[2].outputs = [new_output("error", ename="ValueError", evalue="no", traceback=[])]


def progress_bar(notebook):
    notebook.cells[2].outputs = [stream("100%|####|", "stderr")]


def magic(notebook):
    notebook.cells[2].source = "%matplotlib inline"


def final_semicolon(notebook):
    notebook.cells[5].source = "plt.plot(x);\n"


def misspelled_tag(notebook):
    notebook.cells[1].metadata.tags = ["nbval-ignore-outputs"]


def skipped_by_tag(notebook):
    notebook.cells[1].metadata.tags = ["nbval-skip"]


def expected_exception(notebook):
    notebook.cells[1].metadata.tags = ["raises-exception"]


def skipped_by_comment(notebook):
    notebook.cells[1].source = "#NBVAL_SKIP\nprint(1)"


def ignored_without_bound(notebook):
    notebook.cells[4].source = "b = a / 3\nprint(b)"


def bound_in_a_comment(notebook):
    notebook.cells[4].source = "b = a / 3  # assert b < 1\nprint(b)"


def long_number(notebook):
    notebook.cells[1].outputs = [stream("0.33333333\n")]


def long_number_in_a_value(notebook):
    notebook.cells[1].outputs = [
        new_output(
            "execute_result", data={"text/plain": "array([0.3333333333])"}, execution_count=1
        )
    ]


def rounding_error(notebook):
    notebook.cells[1].outputs = [stream("largest difference 4.4e-16\n")]


def address(notebook):
    notebook.cells[1].outputs = [stream("<Line2D at 0x7f3a2c>\n")]


def path_of_the_machine(notebook):
    notebook.cells[1].outputs = [stream("saved to /home/ada/model.keras\n")]


def large_image(notebook):
    notebook.cells[5].outputs = [picture(150, noise=True)]


def large_notebook(notebook):
    notebook.cells[0].source = "word " * 210_000


def image_without_alt_text(notebook):
    del notebook.cells[5].metadata["mystnb"]


def image_with_empty_alt_text(notebook):
    notebook.cells[5].metadata.mystnb.image.alt = " "


def no_keras_twin(notebook):
    notebook.cells[3].metadata.tags = []


def no_pytorch_twin(notebook):
    notebook.cells[2].metadata.tags = []


def twins_apart(notebook):
    notebook.cells.insert(3, new_markdown_cell("Between them."))


def no_language(notebook):
    del notebook.metadata["language_info"]


def no_last_run(notebook):
    del notebook.metadata["mmref"]


FAULTS = {
    rules.executed_in_order: [never_run, gap_in_the_counts, run_out_of_order],
    rules.no_empty_cells: [empty_cell],
    rules.no_errors: [stored_error],
    rules.no_stderr: [progress_bar],
    rules.plain_python: [magic],
    rules.no_final_semicolon: [final_semicolon],
    rules.known_tags: [misspelled_tag, skipped_by_tag, expected_exception],
    rules.no_nbval_comments: [skipped_by_comment],
    rules.ignored_outputs_are_bounded: [ignored_without_bound, bound_in_a_comment],
    rules.no_unstable_text: [
        long_number,
        long_number_in_a_value,
        rounding_error,
        address,
        path_of_the_machine,
    ],
    rules.small_images: [large_image],
    rules.small_notebook: [large_notebook],
    rules.images_have_alt_text: [image_without_alt_text, image_with_empty_alt_text],
    rules.frameworks_are_twins: [no_keras_twin, no_pytorch_twin, twins_apart],
    rules.metadata_is_complete: [no_language, no_last_run],
}


def test_every_rule_has_a_fault():
    assert list(FAULTS) == rules.RULES


@pytest.mark.parametrize(
    ("rule", "fault"),
    [pytest.param(r, f, id=f.__name__) for r, faults in FAULTS.items() for f in faults],
)
def test_a_fault_is_caught_by_its_rule_alone(good, rule, fault):
    fault(good)
    found = rules.broken(good)
    assert found
    assert found == list(rule(good))


def test_a_cell_of_both_frameworks_is_refused(good):
    good.cells[2].metadata.tags = ["pytorch", "keras"]
    assert any("both" in problem for problem in rules.frameworks_are_twins(good))


def test_web_addresses_and_dates_are_stable_text(good):
    good.cells[1].outputs = [stream("https://example.org/a/b 3/4 and/or 1e-10 (4, 5)\n")]
    assert rules.broken(good) == []

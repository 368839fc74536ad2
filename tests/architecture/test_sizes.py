"""Files and functions stay small enough to be read in one go."""

from statistics import median, quantiles

from tests.architecture.source import Function, Module, modules, product

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
LONGEST_APP = 60
USUAL_FILE = 90
LARGE_FILE = 250
USUAL_FUNCTION = 10
ENOUGH_FOR_STATISTICS = 20


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _too_long_functions(module: Module) -> list[str]:
    return [
        f"{module.at(function)} {function.name}: {_length(function)} lines"
        for function in module.functions()
        if _length(function) > LONGEST_FUNCTION
    ]


def test_no_file_is_longer_than_400_lines():
    assert [m.name for m in modules() if m.length > LONGEST_FILE] == []


def test_no_function_is_longer_than_50_lines():
    assert [found for module in modules() for found in _too_long_functions(module)] == []


def test_a_composition_root_fits_on_one_screen():
    roots = [m for m in product() if m.path.name == "app.py" and m.path.parts[0] == "services"]
    assert [m.name for m in roots if m.length > LONGEST_APP] == []


def test_most_files_are_short():
    lengths = [m.length for m in product() if m.path.name != "__init__.py"]
    if len(lengths) >= ENOUGH_FOR_STATISTICS:
        assert median(lengths) <= USUAL_FILE
        assert quantiles(lengths, n=10)[-1] <= LARGE_FILE


def test_most_functions_are_short():
    lengths = [_length(function) for m in product() for function in m.functions()]
    if len(lengths) >= ENOUGH_FOR_STATISTICS:
        assert median(lengths) <= USUAL_FUNCTION

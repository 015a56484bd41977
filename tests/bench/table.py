"""The results as text: for the terminal, and as the table of docs/performance.md."""
from measure import medians, show

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def rows_of(scenario, results):
    """[(label, median, spread, ratio to the first)] in the order of the contestants."""
    middle = medians(results)
    first = next(iter(middle.values()))
    return [(label, show(middle[label]), f"{show(min(values))} – {show(max(values))}", f"{middle[label] / first:.2f}")
            for label, values in results.items()]


def verdicts_of(scenario, results):
    """[(what, is, wanted, reached)] of the targets that can be judged."""
    middle = medians(results)
    return [verdict for verdict in (target.judge(middle) for target in scenario.targets) if verdict]


def terminal(scenario, results):
    lines = [f"{scenario.title}  [{scenario.name}]"]
    for label, median, spread, ratio in rows_of(scenario, results):
        lines.append(f"  {label:32} {median:>10}   {spread:24} {ratio:>8}")
    for what, value, wanted, reached in verdicts_of(scenario, results):
        lines.append(f"  {'reached' if reached else 'MISSED '}  {what} = {value}, wanted {wanted}")
    return "\n".join(lines)


def markdown(scenarios, all_results, machine, counts):
    lines = [BEGIN, "", machine, "", "| scenario | who | median | least – most | to trainyard |", "|---|---|---|---|---|"]
    for scenario in scenarios:
        title = scenario.title
        for label, median, spread, ratio in rows_of(scenario, all_results[scenario.name]):
            lines.append(f"| {title} | {label} | {median} | {spread} | {ratio} |")
            title = ""
    lines += ["", "| scenario | compared | is | wanted | |", "|---|---|---|---|---|"]
    for scenario in scenarios:
        for what, value, wanted, reached in verdicts_of(scenario, all_results[scenario.name]):
            lines.append(f"| {scenario.name} | {what} | {value} | {wanted} | {'reached' if reached else 'missed'} |")
    lines += ["", "| scenario | counted | system calls | processes | threads | programs | files opened | bytes read | bytes written |",
              "|---|---|---|---|---|---|---|---|---|"]
    for scenario in scenarios:
        for label, numbers in counts.get(scenario.name, {}).items():
            lines.append(f"| {scenario.name} | {label} | " + " | ".join(f"{numbers[key]:,}".replace(",", " ") for key in (
                "calls", "processes", "threads", "programs", "opens", "read", "written")) + " |")
    return "\n".join(lines + ["", END])


def put_into(path, table):
    """Replaces the part between the marks; a file without them becomes the table alone."""
    text = path.read_text() if path.exists() else f"{BEGIN}\n{END}\n"
    if BEGIN not in text or END not in text:
        raise SystemExit(f"{path} has no lines \"{BEGIN}\" and \"{END}\" for the table to go between")
    before, rest = text.split(BEGIN, 1)
    path.write_text(before + table + rest.split(END, 1)[1])

"""The second run: which answers of a submission may be shown to the student again, as they were understood.

Whatever the student's process says once a question was asked may hold a hidden input, in the label of a curve or
as a number that one line of a derivation adds and the next takes away. So such an answer is shown only where a
second run of the notebook, in a process of its own that is asked for these answers and nothing else, gives the
very same bytes: then what is shown is what somebody says who has seen nothing. What differs is not shown, and the
page has the student's code alone. What a submission says before it is asked anything hidden needs no second run.
Which answers these are is read off the reference answers, before any submission is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from graders.batch.excerpt import excerpt
from graders.isolation.plan import Plan, Questions
from graders.isolation.transcript import Answers, Reply, Transcript

# the number of the request, which the child's end puts last
_NUMBER = re.compile(rb',"id":\d+\}$')


def exhibits(plan: Plan, reference: Mapping[str, Any]) -> Plan:
    """What is shown of what a question asks: lists of expressions, and what is drawn without an argument."""
    lists = tuple(name for name in plan.names if _is_derivation(reference.get(name)))
    return Plan(lists, tuple(call for call in plan.calls if call.open))


def _is_derivation(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(line, sp.Basic | tuple) for line in value)


def confirmed(
    transcript: Transcript,
    questions: Questions,
    cells: Sequence[str],
    again: Callable[[Sequence[str], Questions], Transcript],
) -> Transcript:
    """The transcript with the exhibits that a second run confirms; none is run where nothing would be shown.

    What was answered before anything hidden was asked needs none. `again` runs cells: at first what leads to the
    exhibits, and the whole notebook only for what that alone doesn't confirm. Neither run has seen a hidden input,
    so both are worth the same.
    """
    wanted = {
        question: plan
        for question, plan in questions.exhibits.items()
        if any(map(_looks_like_one, _replies(plan, questions.plans[question], transcript.questions[question])))
    }
    found = {}
    for question in wanted.keys() & transcript.untold:
        replies = _replies(wanted[question], questions.plans[question], transcript.questions[question])
        both = zip(_names(wanted[question]), replies, strict=True)
        found[question] = [name for name, reply in both if not reply.lost]
    wanted = {question: plan for question, plan in wanted.items() if question not in found}
    # what hangs or crashes is not run twice
    if not wanted or transcript.restarts or transcript.lost or any(cell.lost for cell in transcript.cells):
        return replace(transcript, exhibits=found)
    names = [name for plan in wanted.values() for name in _names(plan)]
    found |= _same(transcript, questions, wanted, again(excerpt(cells, names, wanted), Questions(wanted)))
    if missing := {question: plan for question, plan in wanted.items() if found[question] != _names(plan)}:
        found |= _same(transcript, questions, missing, again(cells, Questions(missing)))
    return replace(transcript, exhibits=found)


def _same(
    transcript: Transcript, questions: Questions, wanted: Mapping[str, Plan], second: Transcript
) -> dict[str, list[str]]:
    """The names by question that a second run gives the same bytes for."""
    found = {}
    for question, plan in wanted.items():
        first = _replies(plan, questions.plans[question], transcript.questions[question])
        both = zip(_names(plan), first, _replies(plan, plan, second.questions[question]), strict=True)
        found[question] = [name for name, one, other in both if _are_same(one, other)]
    return found


def _names(plan: Plan) -> list[str]:
    return [*plan.names, *(call.name for call in plan.calls)]


def _replies(plan: Plan, asked: Plan, answers: Answers) -> list[Reply]:
    """What was answered to the exhibits of a question, of all that was asked."""
    values = [answers.names[name] for name in plan.names]
    return values + [answers.calls[asked.index[call.asks]] for call in plan.calls]


def _looks_like_one(reply: Reply) -> bool:
    return b'"expr"' in reply.text or b'"axes"' in reply.text[:100]


def _are_same(one: Reply, other: Reply) -> bool:
    texts = [_NUMBER.sub(b"", reply.text) for reply in (one, other)]
    return not (one.lost or other.lost) and texts[0] == texts[1] and one.data == other.data

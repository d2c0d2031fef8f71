"""Workflows: triggers, nodes, executions.  This module is what a node's author needs."""

from ensuite.clock import Clock
from ensuite.workflow.conditions import Criterion
from ensuite.workflow.configuration import Part, WrongField, config
from ensuite.workflow.expressions import InvalidExpression, evaluate
from ensuite.workflow.expressions import compile as compile_expression
from ensuite.workflow.filters import narrowing
from ensuite.workflow.node import HttpAnswer, Node, Records, Step, node_type
from ensuite.workflow.outcome import Branch, Done, Failed, Finish, Outcome, Status, Task, Waiting
from ensuite.workflow.questions import Action, Form, Question
from ensuite.workflow.scope import resolve, text

__all__ = [
    "Action",
    "Branch",
    "Clock",
    "Criterion",
    "Done",
    "Failed",
    "Finish",
    "Form",
    "HttpAnswer",
    "InvalidExpression",
    "Node",
    "Outcome",
    "Part",
    "Question",
    "Records",
    "Status",
    "Step",
    "Task",
    "Waiting",
    "WrongField",
    "compile_expression",
    "config",
    "evaluate",
    "narrowing",
    "node_type",
    "resolve",
    "text",
]

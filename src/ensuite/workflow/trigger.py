"""What a trigger type is, and those that this process knows."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from ensuite.data.changes import Change
from ensuite.errors import InvalidRequest
from ensuite.workflow.configuration import config, issues_of
from ensuite.workflow.node import described

trigger_types: dict[str, "type[Trigger]"] = {}

T = TypeVar("T", bound="Trigger")


class InvalidTriggerConfig(InvalidRequest):
    """The trigger's configuration is not valid; each entry of `errors` names what to correct."""

    code = "INVALID_TRIGGER_CONFIG"


class Trigger(BaseModel):
    """One type of trigger.  Its fields are its configuration; unknown keys are ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )

    type: ClassVar[str]
    icon: ClassVar[str]
    label: ClassVar[Mapping[str, str]]
    description: ClassVar[Mapping[str, str]]
    """What starts it, in a sentence, by language; the English one is the docstring's first."""

    sync_choice: ClassVar[bool] = True
    """Whether the author may choose that the caller waits for the execution."""


# `main:posts` and `posts` are one collection: there is one data source.
CollectionName = Annotated[str, AfterValidator(lambda name: name.removeprefix("main:"))]


class RecordTrigger(Trigger):
    """A trigger that starts on what happens to the records of a collection."""

    collection: CollectionName = config(
        en="Collection",
        fr="Collection",
        widget="collection",
        hint=(
            "The collection whose records the workflow is about.",
            "La collection dont le flux traite les enregistrements.",
        ),
    )
    appends: tuple[str, ...] = config(
        en="Associations to load",
        fr="Associations à charger",
        widget="appends",
        default=(),
        hint=(
            "Associations that $context.data holds besides the record's own fields.",
            "Associations que $context.data contient en plus des champs de l’enregistrement.",
        ),
    )

    @property
    def condition_filter(self) -> Mapping[str, Any] | None:
        """A filter that the record has to match as it is in the database."""
        return None

    def fires_on(self, action: str) -> bool:
        """Whether it starts, unasked, on what was done to a record."""
        raise NotImplementedError

    def matches(self, change: Change) -> bool:
        """Whether this change, of an action that it fires on, starts it."""
        return True


def trigger_type(
    type_name: str, *, en: str, fr: str, icon: str = "zap", description_fr: str | None = None
) -> Callable[[type[T]], type[T]]:
    """Register a class as the trigger type called `type_name`; its docstring describes it."""

    def register(cls: type[T]) -> type[T]:
        if type_name in trigger_types:
            message = f"two trigger types are called {type_name!r}"
            raise ValueError(message)
        cls.type, cls.icon, cls.label = type_name, icon, {"en": en, "fr": fr}
        cls.description = described(cls, description_fr)
        trigger_types[type_name] = cls
        return cls

    return register


def configured(type_name: object, config: Mapping[str, Any]) -> Trigger:
    """A trigger from its type and configuration.

    Raises:
        InvalidTriggerConfig: the type is unknown, or the configuration does not fit it.

    """
    if not type_name:
        message = "Trigger type is required"
        raise InvalidTriggerConfig(message)
    found = trigger_types.get(str(type_name))
    if found is None:
        message = f'Trigger type "{type_name}" is not registered'
        raise InvalidTriggerConfig(message)
    try:
        return found.model_validate(dict(config))
    except ValidationError as error:
        issues = issues_of(error, code=InvalidTriggerConfig.code, within="config")
        wrong = "; ".join(issue.message for issue in issues)
        raise InvalidTriggerConfig(wrong, issues=issues) from error

"""What errors say in French, for clients that ask for it (`X-Locale`, or `Accept-Language`).

Codes, not sentences, are what programs compare, so a sentence can be in any language.  Whatever
a message adds to what its code says stays in English, behind the sentence.
"""

import re
from collections.abc import Mapping, Sequence

SENTENCES: Mapping[str, str] = {
    "ACTION_NOT_FOUND": "La ressource n’a pas cette action.",
    "ALREADY_ASKED": "Une autre tâche de l’étape est déjà adressée à cette personne.",
    "ASSOCIATION_TARGET_MISSING": "L’enregistrement visé par l’association n’existe pas.",
    "BLOCKED_TOKEN": "Cette session est terminée ; se reconnecter.",
    "BUTTON_NOT_FOUND": "Ce bouton n’existe pas.",
    "COLLECTION_CHANGED": "La table a changé pendant la requête ; relire ses champs et réessayer.",
    "COLLECTION_EXISTS": "Une autre table porte ce nom ; en choisir un autre.",
    "COLLECTION_NOT_FOUND": "Il n’y a pas de table de ce nom.",
    "CONFLICT": "L’état actuel ne le permet pas ; le relire et réessayer.",
    "CREDENTIALS_MISSING": "Indiquer un nom d’utilisateur ou un e-mail, et un mot de passe.",
    "DATABASE_FULL": "Le disque de la base est plein, rien n’a été écrit ; libérer de la place.",
    "DATABASE_UNAVAILABLE": "La base de données ne répond pas pour l’instant ; réessayer bientôt.",
    "DEFAULT_ROLE_NEEDED": "C’est le rôle des nouveaux utilisateurs ; en choisir un autre d’abord.",
    "DELETION_RESTRICTED": "D’autres enregistrements s’y réfèrent et empêchent la suppression.",
    "EMPTY_TOKEN": "Personne n’est connecté ; se connecter d’abord.",
    "EXECUTION_ENDED": "L’exécution est déjà terminée : il n’y a plus rien à annuler.",
    "EXECUTION_NOT_FOUND": "Cette exécution n’existe pas.",
    "EXECUTION_TIMED_OUT": "Le délai pour répondre est passé.",
    "EXPIRED_SESSION": "La session a duré ce que durent les sessions ; se reconnecter.",
    "EXPIRED_TOKEN": "La session a expiré ; se reconnecter.",
    "EXPRESSION_FAILED": "L’expression ne peut pas être évaluée avec ces valeurs.",
    "FIELD_EXISTS": "La table a déjà un champ de ce nom ; en choisir un autre.",
    "FIELD_IN_USE": "D’autres champs en dépendent ; les supprimer d’abord.",
    "FIELD_NOT_FOUND": "La table n’a pas de champ de ce nom.",
    "FILTER_REQUIRED": "Préciser quels enregistrements, par une clé ou par un filtre.",
    "FIRST_ACCOUNT_EXISTS": "Il y a déjà des comptes : se connecter, ou en demander un.",
    "FORBIDDEN": "Les droits de ce rôle ne le permettent pas.",
    "IDEMPOTENCY_ANSWER_NOT_KEPT": "Le premier appel a eu lieu, mais sa réponse n’est pas gardée.",
    "IDEMPOTENCY_KEY_IN_USE": "Le premier appel avec cette clé n’est pas terminé ; redemander.",
    "IDEMPOTENCY_KEY_REUSED": "Cette clé désigne une autre requête ; en prendre une nouvelle.",
    "IDEMPOTENCY_OUTCOME_UNKNOWN": "Nul ne sait si le premier appel a eu lieu ; vérifier d’abord.",
    "INTERNAL_ERROR": "Erreur interne ; le journal du serveur en garde la trace.",
    "INVALID_ACCOUNT": "Le premier compte ne peut pas être ainsi.",
    "INVALID_ANSWER": "La réponse ne convient pas au formulaire de la tâche.",
    "INVALID_API_KEY": "Une clé d’API a un nom, un rôle de son propriétaire et une échéance.",
    "INVALID_BUTTON": "Un bouton ne peut pas être ainsi.",
    "INVALID_COLLECTION_OPTIONS": "Une table ne peut pas avoir ces options.",
    "INVALID_CONDITION": "La condition n’est pas valide.",
    "INVALID_EXPIRY": "L’échéance est un nombre de jours comme 30d, ou never.",
    "INVALID_EXPRESSION": "L’expression n’est pas du CEL valide.",
    "INVALID_FIELDS": "Certaines valeurs ne conviennent pas à leur champ.",
    "INVALID_FIELD_OPTIONS": "Un champ ne peut pas avoir ces options.",
    "INVALID_FILTER": "Le filtre n’est pas valide.",
    "INVALID_GRAPH": "Les étapes ne forment pas un workflow.",
    "INVALID_IDEMPOTENCY_KEY": "La clé compte de 1 à 255 caractères ASCII imprimables.",
    "INVALID_MOVE": "Une étape ne peut pas aller là.",
    "INVALID_NAME": "Un nom est fait de lettres, chiffres, _ et -, 63 au plus, une lettre d’abord.",
    "INVALID_NODE_CONFIG": "Le réglage de l’étape n’est pas valide.",
    "INVALID_PARAMETER": "Un paramètre de la requête a une valeur impossible.",
    "INVALID_PLACE": "Une étape ne peut pas aller là : la précédente n’a pas cette branche.",
    "INVALID_REQUEST": "La requête n’est pas comprise.",
    "INVALID_ROLE": "Une partie du rôle n’est pas valide.",
    "INVALID_ROLE_RESOURCE": "Un droit n’est pas valide.",
    "INVALID_TEMPLATE": "Un modèle de texte est trop long ou trop imbriqué.",
    "INVALID_TOKEN": "Cette session n’est pas connue de ce serveur ; se reconnecter.",
    "INVALID_TRIGGER_CONFIG": "Le réglage du déclencheur n’est pas valide.",
    "INVALID_TRIGGER_WORKFLOWS": "Des workflows ne démarreraient pas ; rien n’a été écrit.",
    "INVALID_VIEW": "Une vue ne peut pas être ainsi.",
    "INVALID_WORKFLOW": "Un workflow ne peut pas être ainsi.",
    "JOB_NOT_FOUND": "Il n’y a pas de job de cet identifiant.",
    "JOB_NOT_WAITING": "Ce job est terminé ou au travail ; seul un job qui attend peut reprendre.",
    "MALFORMED_JSON": "Le corps n’est pas du JSON ; envoyer un objet, ou un tableau d’objets.",
    "METHOD_NOT_ALLOWED": "Cette action modifie des données : l’appeler par POST, pas par GET.",
    "NODE_NOT_FOUND": "Ce workflow n’a pas cette étape.",
    "NOT_EXIST_USER": "Le compte de cette session n’existe plus.",
    "NOT_FOUND": "Il n’y a rien à cette adresse.",
    "NOT_NULL_VIOLATION": "Un champ obligatoire est resté vide.",
    "PAYLOAD_TOO_LARGE": "Le corps dépasse la limite ; envoyer moins d’enregistrements à la fois.",
    "PRECONDITION_FAILED": "Cela a changé depuis, ou n’existe plus ; relire avant d’écrire.",
    "RECORD_LOCKED": "Quelqu’un d’autre retient un enregistrement à modifier ; réessayer bientôt.",
    "ROLE_EXISTS": "Un autre rôle porte ce nom ; en choisir un autre.",
    "ROLE_NOT_FOUND_ERR": "Il n’y a pas de rôle de ce nom.",
    "ROLE_NOT_FOUND_FOR_USER": "Le compte n’a pas ce rôle.",
    "ROLE_RESOURCE_NOT_FOUND": "Le rôle n’a pas de droits propres dans cette table.",
    "ROOT_NEEDED": "Quelqu’un doit garder le rôle root ; le donner d’abord à un autre compte.",
    "STEP_INPUT_TOO_LARGE": "L’étape a reçu plus de 1 Mio ; voir sa configuration.",
    "SYSTEM_COLLECTION": "Le système a besoin de cette table telle quelle.",
    "TASK_NOT_FOUND": "Cette tâche n’existe pas.",
    "TASK_NOT_PENDING": "La tâche a déjà sa réponse, ou l’exécution ne l’attend plus.",
    "TOO_MANY_ATTEMPTS": "Trop de mots de passe erronés pour ce compte ; réessayer plus tard.",
    "TOO_MANY_RECORDS": "Un appel touche 10 000 enregistrements au plus ; restreindre le filtre.",
    "TOO_MANY_RELATED_RECORDS": "Un chemin démarrerait plus de 1 000 exécutions.",
    "TOO_MANY_STREAMS": "Le serveur tient déjà 100 flux d’événements ; réessayer plus tard.",
    "TOO_MANY_WAITING_WRITES": "Trop d’écritures attendent la base de données ; réessayer.",
    "UNBOUNDED_FILTER": "Une étape qui modifie ou supprime a besoin d’un filtre.",
    "UNIQUE_VIOLATION": "Un autre enregistrement a déjà cette valeur dans un champ unique.",
    "UNKNOWN_FIELD": "La table n’a pas ce champ.",
    "UNKNOWN_ROLE": "Il n’y a pas de rôle de ce nom.",
    "UNSUPPORTED_CONTENT_TYPE": "Envoyer l’enregistrement en JSON.",
    "UNSUPPORTED_FIELD_TYPE": "Ce type de champ n’existe pas.",
    "USER_HAS_NO_ROLES_ERR": "Le compte n’a pas de rôle ; un administrateur doit lui en donner un.",
    "USER_NOT_FOUND": "Cet utilisateur n’existe pas.",
    "VALUE_OUT_OF_RANGE": "Un nombre ou un texte dépasse ce que son champ peut contenir.",
    "VIEW_NOT_FOUND": "Cette vue n’existe pas.",
    "WEAK_PASSWORD": "Un mot de passe compte entre 6 et 256 caractères.",
    "WORKFLOW_EXECUTED": "Cette version a déjà été exécutée : modifier une nouvelle version.",
    "WORKFLOW_FAILED": "Le workflow démarré par cette action a échoué.",
    "WORKFLOW_HANGS": "Le workflow démarré par cette action ne finit pas.",
    "WORKFLOW_NOT_FOUND": "Ce workflow n’existe pas.",
    "WORKFLOW_REJECTED": "Le workflow a refusé ; l’enregistrement est gardé.",
    "WRONG_CREDENTIALS": "Le nom d’utilisateur, l’e-mail ou le mot de passe est incorrect.",
    "WRONG_OLD_PASSWORD": "L’ancien mot de passe est incorrect.",
    "WRONG_SETUP_CODE": "Ce n’est pas le code que le serveur a affiché au démarrage.",
}
"""What each code says."""

OWN_WORDS = frozenset({"WORKFLOW_REJECTED"})
"""Codes whose messages were written by whoever drew the workflow."""

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern, re.DOTALL), french)
    for pattern, french in (
        (r"(.+) is required", r"\1 : une valeur est nécessaire"),
        (r"(.+) already exists", r"\1 : un autre enregistrement a déjà cette valeur"),
        (r"(.+) cannot be null", r"\1 : une valeur est nécessaire"),
        (r"(.+) must be text", r"\1 : un texte est attendu"),
        (r"(.+) must be a list", r"\1 : une liste est attendue"),
        (r"(.+) must be a number", r"\1 : un nombre est attendu"),
        (r"(.+) must be true or false", r"\1 : vrai ou faux est attendu"),
        (r"(.+) must not be empty", r"\1 : ne peut pas être vide"),
        (
            r"(.+) must be a whole number between (\S+) and (\S+)",
            r"\1 : un nombre entier entre \2 et \3 est attendu",
        ),
        (
            r"(.+) must be a number between (\S+) and (\S+)",
            r"\1 : un nombre entre \2 et \3 est attendu",
        ),
        (
            r"(.+) must be at most (\S+) characters long",
            r"\1 : \2 caractères au plus",
        ),
        (r"(.+) must be one of (.+)", r"\1 : une de ces valeurs est attendue : \2"),
        (r"(.+) is no field of the form", r"\1 : le formulaire n’a pas ce champ"),
        (r"(.+) must be a UUID such as (\S+)", r"\1 : un UUID comme \2 est attendu"),
        (r"(.+) must be a (?:date|day|time|moment).*", r"\1 : une date ou une heure est attendue"),
        (r"Input should be a valid (?:integer|whole).*", "un nombre entier est attendu"),
        (r"Input should be a valid number.*", "un nombre est attendu"),
        (r"is a number", "un nombre est attendu"),
        (r"Input should be a valid string", "un texte est attendu"),
        (r"Input should be a valid boolean.*", "vrai ou faux est attendu"),
        (r"Input should be a valid (?:list|tuple|array)", "une liste est attendue"),
        (r"Input should be a valid dictionary.*", "un objet JSON est attendu"),
        (r"Input should be greater than or equal to (\S+)", r"\1 au moins"),
        (r"Input should be less than or equal to (\S+)", r"\1 au plus"),
        (r"Input should be (.+) or (\S+)", r"\1 ou \2 est attendu"),
        (r"(?:String|Value) should have at least (\d+) characters?", r"\1 caractères au moins"),
        (r"(?:String|Value) should have at most (\d+) characters?", r"\1 caractères au plus"),
        (r"(?:List|Tuple) should have at most (\d+) items?.*", r"\1 éléments au plus"),
        (r"String should match pattern .*", "ce texte n’a pas la forme attendue"),
        (r"(.+) is an e-mail address", r"\1 : une adresse e-mail est attendue"),
    )
]
"""Messages about one field, as they are composed."""

_placed = re.compile(r'("[\w.]+"): (.+)', re.DOTALL)
"""What is said of a part of a configuration, behind its place."""


def wants_french(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request asks for French before anything else."""
    wanted = headers.get(b"x-locale") or headers.get(b"accept-language") or b""
    return wanted[:2].lower() == b"fr"


def in_french(code: str | None, message: str, usual: str) -> str:
    """A message in French; `usual` is what its code says in English."""
    sentence = SENTENCES.get(code or "")
    if sentence is not None and message == usual:
        return sentence
    if code in OWN_WORDS:
        return message
    placed = _placed.fullmatch(message)
    if placed and '; "' not in message:
        place, said = placed.groups()
        return f"{place}\u202f: {in_french(code, said, usual)}"
    composed = [_composed(part) for part in message.split("; ")]
    if all(composed):
        return "\u202f; ".join(composed)
    return message if sentence is None else f"{sentence} ({message})"


def _composed(message: str) -> str:
    """A message about one field; empty: it is none of those that are known."""
    placed = _placed.fullmatch(message)
    if placed:
        place, said = placed.groups()
        known = _composed(said)
        return known and f"{place}\u202f: {known}"
    for pattern, french in PATTERNS:
        found = pattern.fullmatch(message)
        if found:
            return found.expand(french)
    return ""

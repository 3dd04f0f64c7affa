"""docs/api/: the API, written from the comments of the .proto files."""

import re
from collections.abc import Iterator, Sequence

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from guide.protos import ENUMS, INNER, MESSAGES, SERVICES, Comments, Place, comments, files

PAGES = {
    "api/order-service.md": "payonce.order.v1",
    "api/payment-service.md": "payonce.payment.v1",
    "api/types.md": "payonce.type.v1",
}
PAGE_OF = {package: page.rpartition("/")[2] for page, package in PAGES.items()}
REPEATED = FieldDescriptorProto.LABEL_REPEATED
# What is code already; or should be: names of the wire, and other pages, which the site makes links of.
CODE = re.compile(r"(`[^`]*`)|\b([A-Z]+(?:_[A-Z]+)+|(?!UUID)[A-Z]{4,}|[a-z]+(?:_[a-z]+)+|docs/[\w-]+\.md)\b")


def pages() -> dict[str, str]:
    """The text of each page, by its name in docs/."""
    all_files = files()
    return {name: _page(package, [f for f in all_files if f.package == package]) for name, package in PAGES.items()}


def _page(package: str, parts: Sequence[FileDescriptorProto]) -> str:
    both = [(file, comments(file)) for file in parts]
    services = [_service(s, at, (SERVICES, i)) for f, at in both for i, s in enumerate(f.service)]
    messages = [_message(m, at, (MESSAGES, i)) for f, at in both for i, m in enumerate(f.message_type)]
    enums = [_enum(e, at, (ENUMS, i)) for f, at in both for i, e in enumerate(f.enum_type)]
    title = next((s.name for f in parts for s in f.service), package)
    opening = f"# {title}\n\nPackage `{package}`; written from the comments in `protos/` (`make docs`).\n"
    sections = [*services, "## Messages\n", *messages, *(["## Enums\n", *enums] if enums else [])]
    return "\n".join([opening, *sections])


def _service(service: ServiceDescriptorProto, said: Comments, at: Place) -> str:
    methods = [_method(method, said[(*at, INNER, i)]) for i, method in enumerate(service.method)]
    return "\n".join([_prose(said[at]), "## Methods\n", *methods])


def _method(method: MethodDescriptorProto, comment: str) -> str:
    sent, back = _link(method.input_type), _link(method.output_type)
    return f"### {method.name}\n\n{sent} → {back}\n\n{_prose(comment)}"


def _message(message: DescriptorProto, said: Comments, at: Place) -> str:
    rows = "".join(
        f"| `{field.name}` | {_type(message, field)} | {_cell(said[(*at, INNER, i)])} |\n"
        for i, field in enumerate(message.field)
    )
    table = f"| field | type | what it is |\n|---|---|---|\n{rows}" if rows else "It has no fields.\n"
    return f"### {message.name}\n\n{_prose(said[at])}\n{table}"


def _type(message: DescriptorProto, field: FieldDescriptorProto) -> str:
    plain = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    name = _link(field.type_name) if field.type_name else f"`{plain}`"
    if field.HasField("oneof_index"):
        return f"{name}, one of `{message.oneof_decl[field.oneof_index].name}`"
    return f"list of {name}" if field.label == REPEATED else name


def _enum(enum: EnumDescriptorProto, said: Comments, at: Place) -> str:
    rows = "".join(f"| `{value.name}` | {_cell(said[(*at, INNER, i)])} |\n" for i, value in enumerate(enum.value))
    return f"### {enum.name}\n\n{_prose(said[at])}\n| value | what it means |\n|---|---|\n{rows}"


def _link(type_name: str) -> str:
    """To where a type is told of; Google's own have no page here."""
    package, _, name = type_name.removeprefix(".").rpartition(".")
    page = PAGE_OF.get(package)
    return f"[{name}]({page}#{name.lower()})" if page else f"`{package}.{name}`"


def _cell(comment: str) -> str:
    return _coded(" ".join(comment.split())).replace("|", "\\|")


def _prose(comment: str) -> str:
    return "\n".join(_coded(line) for line in _lines(comment)) + "\n"


def _lines(comment: str) -> Iterator[str]:
    """What is indented by two is an item of a list; what is indented by more goes on with it."""
    item = False
    for line in comment.rstrip().splitlines():
        text = line.removeprefix(" ")
        if text.startswith("  ") and not text.startswith("   "):
            if not item:
                yield ""
            item = True
            yield f"- {text.strip()}"
        elif text.startswith("  "):
            yield f"  {text.strip()}"
        else:
            item = False
            yield text


def _coded(text: str) -> str:
    return CODE.sub(lambda found: found[1] or f"`{found[2]}`", text)

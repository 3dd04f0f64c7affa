"""docs/api/: the API, written from the comments of the .proto files."""

import re
from collections.abc import Iterator, Mapping, Sequence

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from guide.protos import files

PAGES = {
    "api/order-service.md": "payonce.order.v1",
    "api/payment-service.md": "payonce.payment.v1",
    "api/types.md": "payonce.type.v1",
}
PAGE_OF = {package: page.rpartition("/")[2] for page, package in PAGES.items()}
MESSAGES, ENUMS, SERVICES = 4, 5, 6  # field numbers in FileDescriptorProto: the start of a comment's path
INNER = 2  # of a message's fields, an enum's values, a service's methods
REPEATED = FieldDescriptorProto.LABEL_REPEATED
# What is code already; or should be: names of the wire, and other pages, which the site makes links of.
CODE = re.compile(r"(`[^`]*`)|\b([A-Z]+(?:_[A-Z]+)+|(?!UUID)[A-Z]{4,}|[a-z]+(?:_[a-z]+)+|docs/[\w-]+\.md)\b")
Path = tuple[int, ...]
Comments = Mapping[Path, str]


def pages() -> dict[str, str]:
    """The text of each page, by its name in docs/."""
    all_files = files()
    return {name: _page(package, [f for f in all_files if f.package == package]) for name, package in PAGES.items()}


def _page(package: str, parts: Sequence[FileDescriptorProto]) -> str:
    comments = [{tuple(at.path): at.leading_comments for at in file.source_code_info.location} for file in parts]
    both = list(zip(parts, comments, strict=True))
    services = [_service(s, at, (SERVICES, i)) for f, at in both for i, s in enumerate(f.service)]
    messages = [_message(m, at, (MESSAGES, i)) for f, at in both for i, m in enumerate(f.message_type)]
    enums = [_enum(e, at, (ENUMS, i)) for f, at in both for i, e in enumerate(f.enum_type)]
    title = next((s.name for f in parts for s in f.service), package)
    opening = f"# {title}\n\nPackage `{package}`; written from the comments in `protos/` (`make docs`).\n"
    sections = [*services, "## Messages\n", *messages, *(["## Enums\n", *enums] if enums else [])]
    return "\n".join([opening, *sections])


def _service(service: ServiceDescriptorProto, comments: Comments, at: Path) -> str:
    methods = [_method(method, comments[(*at, INNER, i)]) for i, method in enumerate(service.method)]
    return "\n".join([_prose(comments[at]), "## Methods\n", *methods])


def _method(method: MethodDescriptorProto, comment: str) -> str:
    sent, back = _link(method.input_type), _link(method.output_type)
    return f"### {method.name}\n\n{sent} → {back}\n\n{_prose(comment)}"


def _message(message: DescriptorProto, comments: Comments, at: Path) -> str:
    rows = "".join(
        f"| `{field.name}` | {_type(message, field)} | {_cell(comments[(*at, INNER, i)])} |\n"
        for i, field in enumerate(message.field)
    )
    table = f"| field | type | what it is |\n|---|---|---|\n{rows}" if rows else "It has no fields.\n"
    return f"### {message.name}\n\n{_prose(comments[at])}\n{table}"


def _type(message: DescriptorProto, field: FieldDescriptorProto) -> str:
    plain = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    name = _link(field.type_name) if field.type_name else f"`{plain}`"
    if field.HasField("oneof_index"):
        return f"{name}, one of `{message.oneof_decl[field.oneof_index].name}`"
    return f"list of {name}" if field.label == REPEATED else name


def _enum(enum: EnumDescriptorProto, comments: Comments, at: Path) -> str:
    rows = "".join(f"| `{value.name}` | {_cell(comments[(*at, INNER, i)])} |\n" for i, value in enumerate(enum.value))
    return f"### {enum.name}\n\n{_prose(comments[at])}\n| value | what it means |\n|---|---|\n{rows}"


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

"""Whether a JSON text is an in-toto Statement v1 with an SLSA Provenance v1 predicate, as programs see it that read such
things: protobuf's own JSON parser with the messages of the two public schemata (in-toto Attestation Framework v1, SLSA
Provenance v1), which refuses members and types that are not theirs, and the rules that these schemata cannot express."""
import re
import urllib.parse

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, struct_pb2, timestamp_pb2

STRUCT, TIMESTAMP, MAP = "google.protobuf.Struct", "google.protobuf.Timestamp", "map"
# Field: type, and whether there are several. The numbers make no difference for JSON.
MESSAGES = {
    "ResourceDescriptor": {"name": "string", "uri": "string", "digest": MAP, "content": "bytes", "download_location": "string",
                           "media_type": "string", "annotations": STRUCT},
    "Statement": {"type": "string", "subject": ["ResourceDescriptor"], "predicate_type": "string", "predicate": STRUCT},
    "BuildDefinition": {"build_type": "string", "external_parameters": STRUCT, "internal_parameters": STRUCT,
                        "resolved_dependencies": ["ResourceDescriptor"]},
    "Builder": {"id": "string", "version": MAP, "builder_dependencies": ["ResourceDescriptor"]},
    "BuildMetadata": {"invocation_id": "string", "started_on": TIMESTAMP, "finished_on": TIMESTAMP},
    "RunDetails": {"builder": "Builder", "metadata": "BuildMetadata", "byproducts": ["ResourceDescriptor"]},
    "Provenance": {"build_definition": "BuildDefinition", "run_details": "RunDetails"},
}
DIGESTS = {"sha256": 64, "sha512": 128, "gitCommit": 40}


def _messages():
    file = descriptor_pb2.FileDescriptorProto(name="provenance.proto", package="t", syntax="proto3",
                                              dependency=["google/protobuf/struct.proto", "google/protobuf/timestamp.proto"])
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields.items(), 1):
            several = isinstance(kind, list) or kind == MAP
            added = message.field.add(name=field, number=number, label=kinds.LABEL_REPEATED if several else kinds.LABEL_OPTIONAL)
            kind = kind[0] if isinstance(kind, list) else kind
            if field == "type":
                added.json_name = "_type"
            if kind in ("string", "bytes"):
                added.type = kinds.TYPE_STRING if kind == "string" else kinds.TYPE_BYTES
                continue
            added.type = kinds.TYPE_MESSAGE
            if kind == MAP:
                entry = message.nested_type.add(name=field.capitalize() + "Entry")
                entry.options.map_entry = True
                for at, part in enumerate(("key", "value"), 1):
                    entry.field.add(name=part, number=at, label=kinds.LABEL_OPTIONAL, type=kinds.TYPE_STRING)
                added.type_name = f".t.{name}.{entry.name}"
            else:
                added.type_name = "." + kind if "." in kind else ".t." + kind
    pool = descriptor_pool.DescriptorPool()
    for known in (struct_pb2, timestamp_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    if hasattr(message_factory, "GetMessageClass"):
        make = message_factory.GetMessageClass
    else:
        make = message_factory.MessageFactory(pool).GetPrototype
    return {name: make(pool.FindMessageTypeByName("t." + name)) for name in MESSAGES}


def _check_resource(resource):
    assert resource.uri or resource.digest or resource.content, resource
    assert not resource.uri or urllib.parse.urlparse(resource.uri).scheme, resource
    for name, value in resource.digest.items():
        assert name in DIGESTS and re.fullmatch("[0-9a-f]{%d}" % DIGESTS[name], value), resource


def check_statement(text):
    """Raises what is wrong with it."""
    messages = _messages()
    statement = json_format.Parse(text, messages["Statement"]())
    assert statement.type == "https://in-toto.io/Statement/v1", statement.type
    assert statement.predicate_type == "https://slsa.dev/provenance/v1", statement.predicate_type
    assert statement.subject
    names = [subject.name for subject in statement.subject]
    assert all(names) and len(set(names)) == len(names), names
    for subject in statement.subject:
        assert subject.digest["sha256"], subject
        _check_resource(subject)
    provenance = json_format.ParseDict(json_format.MessageToDict(statement.predicate), messages["Provenance"]())
    definition, details = provenance.build_definition, provenance.run_details
    assert urllib.parse.urlparse(definition.build_type).scheme and definition.HasField("external_parameters")
    assert urllib.parse.urlparse(details.builder.id).scheme, details.builder
    assert details.metadata.invocation_id
    if details.metadata.HasField("started_on"):
        assert details.metadata.started_on.ToNanoseconds() <= details.metadata.finished_on.ToNanoseconds()
    for resource in [*definition.resolved_dependencies, *details.byproducts, *details.builder.builder_dependencies]:
        _check_resource(resource)

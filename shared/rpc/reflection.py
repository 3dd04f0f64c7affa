"""Server reflection, v1 and v1alpha: grpcurl and friends can list, describe and call without our .proto files."""

from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from google.rpc import error_details_pb2  # noqa: F401 - registers the error details, so that clients can print them
from grpc_reflection.v1alpha import reflection, reflection_pb2

V1 = "grpc.reflection.v1"
V1ALPHA = "grpc.reflection.v1alpha"
METHOD = "ServerReflectionInfo"


def add_reflection(server: grpc.aio.Server, services: list[str]) -> None:
    """Serve reflection for `services` and for itself."""
    names = [*services, reflection.SERVICE_NAME, f"{V1}.ServerReflection"]
    _describe_v1()
    servicer = reflection.aio.ReflectionServicer(names)
    reflection.enable_server_reflection(names, server)
    # grpcio-reflection carries v1alpha only; v1 has the same messages under another package.
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    generic: Any = grpc.method_handlers_generic_handler(f"{V1}.ServerReflection", {METHOD: handler})
    server.add_generic_rpc_handlers((generic,))


def _describe_v1() -> None:
    """Put v1's descriptor into the pool, made from v1alpha's by renaming."""
    file = descriptor_pb2.FileDescriptorProto.FromString(reflection_pb2.DESCRIPTOR.serialized_pb)
    file.name = "grpc/reflection/v1/reflection.proto"
    file.package = V1
    for message in file.message_type:
        for field in message.field:
            if field.type_name:
                field.type_name = field.type_name.replace(V1ALPHA, V1)
    for service in file.service:
        for method in service.method:
            method.input_type = method.input_type.replace(V1ALPHA, V1)
            method.output_type = method.output_type.replace(V1ALPHA, V1)
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())

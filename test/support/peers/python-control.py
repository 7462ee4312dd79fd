# Calls one procedure of a control port by name, without generated code: what there is it learns
# from reflection. Writes an answer a line as JSON, and an error of the call as an object with its
# code. Arguments: address, files of authority, certificate and key, `list` or package.Service/Method,
# the request as JSON, and how many answers of a stream are enough.

import json
import sys

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

address, ca, cert, key, procedure, request_json, count = sys.argv[1:]
deadline_seconds = 20


def read(path):
    with open(path, "rb") as file:
        return file.read()


def show(value):
    print(json.dumps(value), flush=True)


def call(channel, database):
    service_name, method_name = procedure.split("/")
    service = DescriptorPool(database).FindServiceByName(service_name)
    method = service.FindMethodByName(method_name)
    request_class = message_factory.GetMessageClass(method.input_type)
    request = json_format.Parse(request_json, request_class())
    make = channel.unary_stream if method.server_streaming else channel.unary_unary
    stub = make(
        f"/{procedure}",
        request_serializer=request_class.SerializeToString,
        response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
    )
    answer = stub(request, timeout=deadline_seconds)
    left = int(count)
    for message in answer if method.server_streaming else [answer]:
        show(json_format.MessageToDict(message))
        left -= 1
        if left == 0:
            break


credentials = grpc.ssl_channel_credentials(read(ca), read(key), read(cert))
with grpc.secure_channel(address, credentials) as channel:
    try:
        database = ProtoReflectionDescriptorDatabase(channel)
        if procedure == "list":
            show(sorted(database.get_services()))
        else:
            call(channel, database)
    except grpc.RpcError as error:
        show({"code": error.code().name, "details": error.details()})

"""`python -m shared.rpc.healthcheck host:port [PREFIX]`: status 0 when the server there says SERVING. For containers.

With a prefix, ORDER or PAYMENT, the server's own settings say whether it speaks TLS; then it is shown its certificate.
"""

import os
import sys
from pathlib import Path

import grpc
from cryptography import x509
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.rpc.tls import Identity, channel_credentials


def main() -> int:
    """0 when SERVING, 1 otherwise."""
    with _channel(sys.argv[1], "".join(sys.argv[2:])) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.RpcError:
            return 1
    return 0 if answer.status == health_pb2.HealthCheckResponse.SERVING else 1


def _channel(address: str, prefix: str) -> grpc.Channel:
    paths = [os.environ.get(f"{prefix}_TLS_{name.upper()}") for name in Identity._fields]
    if not all(paths):
        return grpc.insecure_channel(address)
    identity = Identity(*(Path(path).read_bytes() for path in paths if path))
    # Whatever it is called: the address is this machine's own.
    options = [("grpc.ssl_target_name_override", _first_name(identity.cert))]
    return grpc.secure_channel(address, channel_credentials(identity), options)


def _first_name(pem: bytes) -> str:
    names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.DNSName)[0]


if __name__ == "__main__":
    sys.exit(main())

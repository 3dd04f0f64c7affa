"""payonce, the face for people: client, command line, demo. A caller like any other: it speaks gRPC."""

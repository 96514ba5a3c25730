"""The channel to the orders service."""
import json

import grpc

SERVICE_CONFIG = json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})


def orders_channel() -> grpc.Channel:
    return grpc.insecure_channel("dns:///orders-headless.shop:9090", options=[("grpc.service_config", SERVICE_CONFIG)])

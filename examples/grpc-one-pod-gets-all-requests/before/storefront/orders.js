import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const definition = protoLoader.loadSync(new URL('orders.proto', import.meta.url).pathname);
const { shop } = grpc.loadPackageDefinition(definition);

/** Orders of a customer; calls are spread over the pods. */
export const orders = new shop.Orders(process.env.ORDERS_ADDR, grpc.credentials.createInsecure(), {
  'grpc.lb_policy_name': 'round_robin',
});

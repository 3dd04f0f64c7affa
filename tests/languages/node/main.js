// Pays one order twice and reads the details of one error, from the protos alone.
"use strict";

const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const protobuf = require("protobufjs");

const [, , protos, googleapis, address, orderId] = process.argv;
const { payment } = grpc.loadPackageDefinition(
  loader.loadSync("payonce/payment/v1/payment_service.proto", {
    includeDirs: [protos],
    keepCase: true,
    enums: String,
    defaults: true,
  }),
).payonce;
const payments = new payment.v1.PaymentService(address, grpc.credentials.createInsecure());

const google = new protobuf.Root();
google.resolvePath = (_, target) => `${googleapis}/${target}`;
google.loadSync(["google/rpc/status.proto", "google/rpc/error_details.proto"], { keepCase: true });

function payOrder(order_id) {
  return new Promise((resolve) => {
    let error, answer;
    const call = payments.PayOrder({ order_id }, { deadline: Date.now() + 60_000 }, (...both) => ([error, answer] = both));
    call.on("status", (status) => resolve({ error, answer, trailer: status.metadata }));
  });
}

async function pay(orderId) {
  const { error, answer, trailer } = await payOrder(orderId);
  if (error) throw error;
  const { payment_id, state } = answer.payment;
  return { payment_id, state, replayed: trailer.get("idempotent-replayed")[0] === "true" };
}

async function refusal(orderId) {
  const { error } = await payOrder(orderId);
  const [packed] = error.metadata.get("grpc-status-details-bin");
  const found = { code: grpc.status[error.code], reason: "", metadata: {}, violations: [] };
  for (const { type_url, value } of google.lookupType("google.rpc.Status").decode(packed).details) {
    const type = type_url.split("/").pop();
    const detail = google.lookupType(type).decode(value);
    if (type === "google.rpc.ErrorInfo") Object.assign(found, { reason: detail.reason, metadata: { ...detail.metadata } });
    if (type === "google.rpc.BadRequest")
      found.violations = detail.field_violations.map((one) => `${one.field}: ${one.description}`);
  }
  return found;
}

async function main() {
  const told = { paid: [], refusals: [] };
  for (let time = 0; time < 2; time++) told.paid.push(await pay(orderId));
  for (const wrong of ["no-such-order", "no order id"]) told.refusals.push(await refusal(wrong));
  console.log(JSON.stringify(told));
  payments.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

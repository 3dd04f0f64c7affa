// Pays one order twice and reads the details of one error, with code that was generated from the protos alone.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	paymentv1 "payonce.example/languages/gen/payonce/payment/v1"
)

type paid struct {
	PaymentID string `json:"payment_id"`
	State     string `json:"state"`
	Replayed  bool   `json:"replayed"`
}

type refusal struct {
	Code       string            `json:"code"`
	Reason     string            `json:"reason"`
	Metadata   map[string]string `json:"metadata"`
	Violations []string          `json:"violations"`
}

type told struct {
	Paid     []paid    `json:"paid"`
	Refusals []refusal `json:"refusals"`
}

func main() {
	address, orderID := os.Args[1], os.Args[2]
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(err)
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	payments := paymentv1.NewPaymentServiceClient(connection)

	answers := told{}
	for range 2 {
		answers.Paid = append(answers.Paid, pay(ctx, payments, orderID))
	}
	for _, wrong := range []string{"no-such-order", "no order id"} {
		_, err := payments.PayOrder(ctx, &paymentv1.PayOrderRequest{OrderId: wrong})
		answers.Refusals = append(answers.Refusals, details(err))
	}
	must(json.NewEncoder(os.Stdout).Encode(answers))
}

func pay(ctx context.Context, payments paymentv1.PaymentServiceClient, orderID string) paid {
	var trailer metadata.MD
	answer, err := payments.PayOrder(ctx, &paymentv1.PayOrderRequest{OrderId: orderID}, grpc.Trailer(&trailer))
	must(err)
	payment := answer.GetPayment()
	replayed := len(trailer.Get("idempotent-replayed")) == 1 && trailer.Get("idempotent-replayed")[0] == "true"
	return paid{payment.GetPaymentId(), payment.GetState().String(), replayed}
}

func details(err error) refusal {
	answer := status.Convert(err)
	found := refusal{Code: fmt.Sprint(answer.Code()), Metadata: map[string]string{}, Violations: []string{}}
	for _, detail := range answer.Details() {
		switch one := detail.(type) {
		case *errdetails.ErrorInfo:
			found.Reason = one.GetReason()
			for name, value := range one.GetMetadata() {
				found.Metadata[name] = value
			}
		case *errdetails.BadRequest:
			for _, violation := range one.GetFieldViolations() {
				found.Violations = append(found.Violations, violation.GetField()+": "+violation.GetDescription())
			}
		}
	}
	return found
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

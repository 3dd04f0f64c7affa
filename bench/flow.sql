-- One payment, by hand: what the two services write, in the same tables with the same indexes and guards, with no
-- network between them and no seals. The words in braces are filled in; pgbench runs it over and over.
-- 1. the order
SELECT o.order_id, o.payer_account_id AS payer, o.payee_account_id AS payee, o.amount_minor AS amount,
       uuidv7() AS payment, uuidv7() AS transfer
  FROM (SELECT nextval('{sequence}') AS n) AS next JOIN orders o ON o.order_id = {order_id} \gset
-- 2. the money
BEGIN;
WITH claimed AS (
     INSERT INTO payments (subject, payment_id, payer_account_id, payee_account_id, currency, amount_minor,
                           captured_minor, state)
     VALUES ('order:' || :order_id, :payment, :payer, :payee, 'EUR', :amount, :amount, 'succeeded')
         ON CONFLICT DO NOTHING RETURNING subject, payment_id)
INSERT INTO unconfirmed (subject, payment_id) SELECT subject, payment_id FROM claimed;
UPDATE accounts SET balance_minor = balance_minor - :amount, last_sequence = last_sequence + 1
 WHERE account_id = :payer RETURNING balance_minor AS payer_after, last_sequence AS payer_sequence \gset
UPDATE accounts SET balance_minor = balance_minor + :amount, last_sequence = last_sequence + 1
 WHERE account_id = :payee RETURNING balance_minor AS payee_after, last_sequence AS payee_sequence \gset
WITH head AS (
     INSERT INTO transfers (transfer_id, kind, payment_id, source_account_id, source_sequence,
                            target_account_id, target_sequence)
     VALUES (:transfer, 'charge', :payment, :payer, :payer_sequence, :payee, :payee_sequence)),
     line AS (
     INSERT INTO history (subject, payment_id, event, actor, amount_minor)
     VALUES ('order:' || :order_id, :payment, 'charged', 'anyone', :amount))
INSERT INTO entries (account_id, sequence, transfer_id, kind, payment_id, currency, amount_minor, balance_after_minor)
VALUES (:payer, :payer_sequence, :transfer::uuid, 'charge', :payment::uuid, 'EUR', -:amount::bigint, :payer_after),
       (:payee, :payee_sequence, :transfer::uuid, 'charge', :payment::uuid, 'EUR', :amount::bigint, :payee_after);
COMMIT;
-- 3. the order
UPDATE orders SET status = 'paid', payment_id = :payment, paid_at = now()
 WHERE order_id = :order_id AND status = 'unpaid';
-- 4. confirmed
WITH confirmed AS (
     DELETE FROM unconfirmed
      WHERE payment_id = :payment AND subject = 'order:' || :order_id
  RETURNING subject, payment_id)
INSERT INTO history (subject, payment_id, event, actor, amount_minor)
SELECT subject, payment_id, 'confirmed', 'completer', :amount FROM confirmed;

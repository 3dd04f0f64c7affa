"""Accounts, and what stands on them."""

from collections.abc import Iterator

from payonce.client._sync.items import items
from payonce.client.bases import SyncBase
from payonce.client.messages import new_request_id
from payonce.payment.v1.account_pb2 import (
    Account,
    AccountKind,
    CreateAccountRequest,
    DepositRequest,
    Entry,
    GetAccountRequest,
    ListAccountsRequest,
    ListAccountsResponse,
    ListEntriesRequest,
    ListEntriesResponse,
    WithdrawRequest,
)
from payonce.type.v1.money_pb2 import Money


class Accounts(SyncBase):
    """Open accounts, put money in and take it out, read statements."""

    def create_account(
        self,
        account_id: str,
        *,
        currency_code: str,
        kind: AccountKind.ValueType,
        owner_id: str = "",
        within_s: float = 60.0,
    ) -> Account:
        """Open an account with balance zero; the same content again is the same account, as it stands.

        Args:
            account_id: Chosen by the caller; 1 to 64 of [A-Za-z0-9._~-].
            currency_code: ISO 4217, upper case.
            kind: CUSTOMER pays, MERCHANT is paid.
            owner_id: The customer or merchant it belongs to; the account's own id unless given.
            within_s: Ask again for so many seconds.

        Raises:
            AlreadyExists: The id is taken by other content.
            Unavailable: No answer in time; ask again.
        """
        request = CreateAccountRequest(
            account_id=account_id, owner_id=owner_id or account_id, currency_code=currency_code, kind=kind
        )
        return (self._send(lambda to: to.payments.CreateAccount, request, within_s=within_s)).message

    def get_account(self, account_id: str) -> Account:
        """Read one account with its balance.

        Raises:
            NotFound: There is none, or it is somebody else's.
        """
        request = GetAccountRequest(account_id=account_id)
        return (self._send(lambda to: to.payments.GetAccount, request)).message

    def list_accounts(self, *, owner_id: str = "", page_size: int = 0, page_token: str = "") -> ListAccountsResponse:
        """Read one page of accounts by id, of one owner or all; `page_size` and `page_token` as in `list_orders`."""
        request = ListAccountsRequest(owner_id=owner_id, page_size=page_size, page_token=page_token)
        return (self._send(lambda to: to.payments.ListAccounts, request)).message

    def iter_accounts(self, *, owner_id: str = "", page_size: int = 0) -> Iterator[Account]:
        """All accounts that `list_accounts` has, page by page as they are wanted."""
        return items(
            lambda token: self.list_accounts(owner_id=owner_id, page_size=page_size, page_token=token),
            lambda page: page.accounts,
        )

    def deposit(
        self, account_id: str, amount: Money, *, request_id: str | None = None, within_s: float = 60.0
    ) -> Entry:
        """Put money in from outside, once for each request id; the account's entry, with the balance after it.

        Args:
            account_id: The account to credit.
            amount: How much, in the account's currency.
            request_id: Names this deposit; see `refund_payment`.
            within_s: Ask again for so many seconds.

        Raises:
            IdempotencyKeyReused: The request id was used with other parameters.
            CurrencyMismatch, BalanceLimitExceeded, NotFound: See there.
            Unavailable: No answer in time; ask again, with the request id that it carries.
        """
        own_id = new_request_id() if request_id is None else request_id
        request = DepositRequest(account_id=account_id, amount=amount, request_id=own_id)
        answer = self._send(lambda to: to.payments.Deposit, request, within_s=within_s, request_id=own_id)
        return answer.message.entry

    def withdraw(
        self, account_id: str, amount: Money, *, request_id: str | None = None, within_s: float = 60.0
    ) -> Entry:
        """Take money out to the outside, once for each request id; the account's entry, with the balance after it.

        Args:
            account_id: The account to debit.
            amount: How much, in the account's currency; at most what is available.
            request_id: Names this withdrawal; see `refund_payment`.
            within_s: Ask again for so many seconds.

        Raises:
            InsufficientFunds: More than is available; nothing moved.
            IdempotencyKeyReused: The request id was used with other parameters.
            CurrencyMismatch, NotFound: See there.
            Unavailable: No answer in time; ask again, with the request id that it carries.
        """
        own_id = new_request_id() if request_id is None else request_id
        request = WithdrawRequest(account_id=account_id, amount=amount, request_id=own_id)
        answer = self._send(lambda to: to.payments.Withdraw, request, within_s=within_s, request_id=own_id)
        return answer.message.entry

    def list_entries(self, account_id: str, *, page_size: int = 0, page_token: str = "") -> ListEntriesResponse:
        """Read one page of an account's statement, newest first; `page_size` and `page_token` as in `list_orders`.

        Raises:
            NotFound: The account.
        """
        request = ListEntriesRequest(account_id=account_id, page_size=page_size, page_token=page_token)
        return (self._send(lambda to: to.payments.ListEntries, request)).message

    def iter_entries(self, account_id: str, *, page_size: int = 0) -> Iterator[Entry]:
        """The whole statement, newest first, page by page as it is wanted."""
        return items(
            lambda token: self.list_entries(account_id, page_size=page_size, page_token=token),
            lambda page: page.entries,
        )

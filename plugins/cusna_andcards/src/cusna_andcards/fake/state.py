"""What can happen at the vendor? All of it takes effect with the next call."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cusna_andcards.fake.tables import Tables, iso


class State(Tables):
    """The network as it changes; what is known of it stands in `Tables`."""

    def move_booking(
        self, booking: str, starts: datetime, ends: datetime, *, resource: str | None = None
    ) -> None:
        changes = {"startDate": iso(starts), "endDate": iso(ends), "updateDate": self.now()}
        self.bookings[booking].update(changes)
        if resource:
            self.bookings[booking]["resourceRef"] = resource
        self.told("booking.updated", booking)

    def cancel_booking(self, booking: str) -> None:
        """Also one day of a series, by `uuid_date`."""
        series, _, day = booking.partition("_")
        if day:
            self.bookings[series]["_except"].append(day)
            self.told("booking.updated", series)
        else:
            self.bookings[booking].update(deleteDate=self.now(), _status="canceled")
            self.told("booking.deleted", booking)

    def end_subscription_on(self, subscription: str, last_day: date | None) -> None:
        """ "End renewal: on date"; None withdraws it ("never")."""
        record = self.subscriptions[subscription]
        record.pop("endDate", None)
        if last_day is None:
            self.told("subscription.updated", subscription)
            return
        zone = ZoneInfo(record["timezoneId"])
        begin = datetime.combine(last_day, time.min, tzinfo=zone)
        after = datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=zone)
        ends = {
            "exclusive": after,
            "inclusive": begin,
            "last_second": after.astimezone(UTC) - timedelta(seconds=1),
        }
        record["endDate"] = iso(ends[self.knobs.end_of_day])
        self.told("subscription.updated", subscription)

    def cancel_subscription(self, subscription: str) -> None:
        """At once, by an admin."""
        self.subscriptions[subscription].update(_status="canceled", deleteDate=self.now())
        self.told("subscription.deleted", subscription)

    def pause_billing(self, subscription: str) -> None:
        pause = {"behavior": "draft", "createDate": self.now()}
        self.subscriptions[subscription]["pausePaymentCollection"] = pause

    def remove_member(self, membership: str) -> None:
        """From Customers: the person stays as a nonmember."""
        record = self.memberships[membership]
        record["type"] = "nonmember"
        record.pop("companyRef", None)
        record.pop("companyRole", None)

    def delete_membership(self, membership: str) -> None:
        """Seen in the list of deleted ones only."""
        self.memberships[membership]["deleteDate"] = self.now()

    def reinvite(self, membership: str) -> str:
        """Removed and invited again with the same address: a new user, a new membership."""
        old = self.memberships[membership]
        user = self.users[old["userRef"]]
        self.delete_membership(membership)
        again = self._put(self.users, {**user, "id": self.new_id(), "createDate": self.now()})
        return self.membership(old["locationRef"], again, company=old.get("companyRef"))

    def change_email(self, user: str, email: str) -> None:
        self.users[user]["email"] = email

    def rename_company(self, company: str, title: str) -> None:
        self.companies[company]["title"] = title

    def change_company(self, membership: str, company: str | None) -> None:
        self.memberships[membership].pop("companyRef", None)
        if company:
            self.memberships[membership]["companyRef"] = company

    def delete_company(self, company: str) -> None:
        self.companies[company]["deleteDate"] = self.now()
        self.told("company.deleted", company)

    def delete_resource(self, resource: str) -> None:
        self.resources[resource]["deleteDate"] = self.now()

    def blacklist_user(self, user: str) -> None:
        self.blacklist.add(user)

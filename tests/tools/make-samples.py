#!/usr/bin/env python3
"""Writes the files of samples/, or with --check tells whether they are still what it writes.

The samples are committed; run this only to change them. The same bytes come out every time.
IDs are those of the sandbox: a record_id that ends in 404 is a parent that does not exist, a
related_id or an identifier of a call that ends in 0000404 never existed.
"""
import csv
import gzip
import io
import json
import os
import sys

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "samples")
ORG = 3652397                       # the first digits of every ID of one organisation

FIRST = ("Amara Bruno Chloe Dmitri Elena Farid Greta Hiro Ines Jonas Kavya Liam Mei Noor "
         "Olga Pablo Quinn Rosa Sven Tara Umar Vera Wen Ximena Yusuf Zoe").split()
LAST = ("Abbott Becker Castillo Dubois Eriksen Fontaine Gupta Hughes Ivanova Jensen Kowalski "
        "Lindqvist Moreau Nakamura O'Neill Petrov Quiroga Rossi Schmidt Tanaka Ueda Varga "
        "Weber Xu Yilmaz Zielinski").split()
CAMPAIGNS = ("Spring newsletter", "Trade fair Hannover", "Webinar: API basics",
             "Black Friday, early access", "Customer survey 2026", "Partner day Lyon",
             "Product launch Q3", "Win-back EMEA", "Holiday greetings", "Beta programme")
PRODUCTS = ("Router X200", "Switch S48", "Access point A7", "Support plan Gold")
PORTALS = ("60001280952", "60003774119")        # organisations of Desk


class Dice:
    """A small generator of our own: Python's may change between versions."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n

    def pick(self, things):
        return things[self.below(len(things))]

    def shuffle(self, things):
        for i in range(len(things) - 1, 0, -1):
            j = self.below(i + 1)
            things[i], things[j] = things[j], things[i]


def record_id(number, end=None):
    """19 digits; `end` replaces the last ones. No good ID ends in 404."""
    number = number * 1000 + (number * 37 + 1) % 400
    text = f"{ORG}{number:012d}"
    return text[: 19 - len(end)] + end if end else text


def uuid(dice, end=None):
    """As Verba names calls; `end` replaces the last characters. No good one ends in 404."""
    text = "".join("0123456789abcdef"[dice.below(16)] for _ in range(29)) + "e"
    text = f"{text[:8]}-{text[8:12]}-4{text[12:15]}-a{text[15:18]}-{text[18:30]}"
    return text[: 36 - len(end)] + end if end else text


def person(dice):
    first, last = dice.pick(FIRST), dice.pick(LAST)
    mail = f"{first}.{last}@example.com".lower().replace("'", "")
    return f"{first} {last}", mail


def csv_text(rows, **how):
    out = io.StringIO()
    csv.writer(out, lineterminator=how.pop("end", "\n"), **how).writerows(rows)
    return out.getvalue()


def campaign_members():
    """The sample of `make demo`: 640 rows, good ones and every kind of trouble."""
    dice = Dice(1)
    campaigns = [(record_id(300 + i), name) for i, name in enumerate(CAMPAIGNS)]
    gone = (record_id(320, end="404"), "Deleted last year")
    rows, number = [], 900000

    def add(campaign, related_list="Contacts", member=None):
        nonlocal number
        number += 1 + dice.below(9)
        name, _ = person(dice)
        row = [*campaign, related_list, member or record_id(number), name]
        rows.append(row)
        return row

    for i in range(540):                            # good, most of them in two big campaigns
        add(campaigns[dice.below(2) if i % 2 else dice.below(10)],
            "Leads" if dice.below(4) == 0 else "Contacts")
    for _ in range(12):                             # repeated
        rows.append(list(dice.pick(rows)))
    for row in rows[100:106]:                       # forms that are taken as meant
        row[3] = dice.pick(["zcrm_{}", "'{}", '="{}"', " {} "]).format(row[3])
    for _ in range(31):                             # no longer a member
        number += 1
        add(dice.pick(campaigns), member=record_id(number, end=f"{number % 90 + 10}0000404"))
    for _ in range(14):                             # the campaign itself is gone
        add(gone)
    for _ in range(17):                             # a spreadsheet has been at work
        row = add(dice.pick(campaigns))
        row[3] = dice.pick(["{:.5E}".format(int(row[3])), f"{int(row[3]):,}", row[3] + ".0"])
    for _ in range(9):                              # there, the same request deletes the note
        add(dice.pick(campaigns), "Notes")
    for member in ("n/a", "36523970000O0901234", "ask Elena", "365239700000090123456789"):
        add(dice.pick(campaigns), member=member)
    for _ in range(7):
        add(dice.pick(campaigns))[3] = ""
    dice.shuffle(rows)
    broken = [i for i in range(40, len(rows), 101)]
    for i in broken:                                # a comma without quotes: one cell too many
        rows[i][4:5] = reversed(rows[i][4].split(" ", 1))
    header = ["Campaign Id", "Campaign Name", "Related List", "Member Id", "Full Name"]
    return csv_text([header] + rows)


def product_leads():
    """JSONL from a warehouse: IDs as strings and as numbers, one line broken."""
    dice = Dice(2)
    lines = []
    for i in range(60):
        name, mail = person(dice)
        lead = record_id(410000 + 7 * i, end="10000404" if i in (17, 44) else None)
        lines.append(json.dumps({
            "operation": "crm.delink", "module": "Products",
            "record_id": record_id(510 + i % 4), "related_list": "Leads",
            "related_id": int(lead) if i % 3 == 0 else lead,
            "product": PRODUCTS[i % 4], "lead": {"name": name, "mail": mail}}))
    lines[30] = lines[30][:-2]
    return "\n".join(lines) + "\n"


def price_books():
    """TSV in the contract's own field names, module written in two ways."""
    dice = Dice(3)
    rows = [["operation", "module", "record_id", "related_list", "related_id", "note"]]
    for i in range(40):
        rows.append(["crm.delink", "Products", record_id(510 + i % 4),
                     "Price Books" if i % 5 == 0 else "Price_Books", record_id(7700 + 3 * i),
                     dice.pick(["", "expired", "replaced by the 2026 list"])])
    return csv_text(rows, delimiter="\t")


def appointments():
    """Semicolons, CRLF and a byte-order mark, as a spreadsheet saves it in Europe; gzip."""
    dice = Dice(4)
    rows = [["Appointment", "Service", "Booked by", "Salon"]]
    for i in range(120):
        name, _ = person(dice)
        rows.append([record_id(880000 + 11 * (i % 12)), record_id(61000 + 5 * i), name,
                     dice.pick(["Köln", "Zürich", "Málaga"])])
    return "\ufeff" + csv_text(rows, delimiter=";", end="\r\n")


def preferences():
    """CSV by hand: the switches in all the ways people write them, two rows no good."""
    rows = [["Asked for by", "show_to_number", "show_from_number"],
            ["Sales", "true", "true"], ["Privacy review", "Yes", "no"],
            ["Support", "false", ""], ["Front desk", "sometimes", "yes"],
            ["Works council", "0", "1"]]
    return csv_text(rows)


def desk_calls():
    """CSV as a support team keeps it: calls that hang, of two organisations."""
    dice = Dice(5)
    rows = [["Call", "Portal", "Agent", "Noted"]]
    for i in range(24):
        name, _ = person(dice)
        rows.append([record_id(4411000 + 13 * i), dice.pick(PORTALS), name,
                     f"2026-10-{1 + i // 2:02d}"])
    rows[5][0] = record_id(4411300, end="0000404")          # cleared long ago
    rows[17][0] = record_id(4411301, end="0000404")
    rows[8] = list(rows[3])                                 # noted twice
    rows[11][0] = "{:.5E}".format(int(rows[11][0]))         # a spreadsheet has been at work
    rows[14][0] = "CALL-" + rows[14][0][-4:]
    rows[20][1] = "acme"                                    # a portal's name is no orgId
    return csv_text(rows)


def recorded_calls():
    """CSV: each kind of identifier a recorded call can have, and rows that name none or two."""
    dice = Dice(6)
    head = "call_id platform_call_id native_id meeting_id extension call_status reason".split()
    rows = []

    def add(**cells):
        cells.setdefault("reason", dice.pick(["erasure request", "private call", "test call"]))
        rows.append([cells.get(name, "") for name in head])

    for _ in range(12):
        add(call_id=uuid(dice))
    for _ in range(4):
        add(platform_call_id=str(71627000 + dice.below(900)))
    for _ in range(3):
        add(native_id=f"TRS{26140000 + dice.below(9000)}")
    for _ in range(2):
        add(meeting_id=f"{940 + dice.below(50)}-{100 + dice.below(900)}-{100 + dice.below(900)}")
    add(extension="8856", call_status="ongoing")
    add(extension="8857", call_status="last")
    add(extension="+4930901820", call_status="Ongoing, last")
    add(call_id=uuid(dice, end="0000404"))                  # deleted already
    add(platform_call_id="710000404")
    rows.append(list(rows[2]))                              # repeated
    add(call_id="9f35-4a3a")                                # cut off
    add(call_id=uuid(dice), native_id="TRS26140192")        # which of the two?
    add(extension="8858")                                   # which of its calls?
    add(extension="8859", call_status="first")
    add(platform_call_id="7.16274E+10")
    add()
    dice.shuffle(rows)
    return csv_text([head] + rows)


def erasures(dice, cases):
    """What five people who asked to be forgotten leave behind: operation and fields, by row."""
    for case in range(cases):
        number = f"DSR-{1041 + case}"
        member = record_id(905000 + 7 * case, end="50000404" if case == 3 else None)
        for i in range(3):
            yield number, "crm.delink", {"record_id": record_id(300 + (case + i) % 4),
                                         "related_id": member}
        for i in range(2 - case % 2):
            end = "0000404" if (case, i) == (2, 1) else None
            yield number, "verba.delete_call", {"call_id": uuid(dice, end)}
        if case % 2 == 0:
            end = "0000404" if case == 4 else None
            yield number, "desk.clear_live_mapping", {
                "call_id": record_id(4411700 + 13 * case, end)}
    yield "DSR-1043", "verba.delete_call", {"extension": "8856", "call_status": "last"}
    yield "DSR-1044", "verba.delete_call", {"call_id": "not recorded"}
    yield "DSR-1044", "crm.merge", {"record_id": record_id(300)}
    yield "policy", "crm.call_preferences", {"show_to_number": True, "show_from_number": False}


def mixed_csv():
    """One file, all operations: people who asked to be forgotten, product by product."""
    head = ["operation", "record_id", "related_id", "call_id", "extension", "call_status",
            "show_to_number", "show_from_number", "request"]
    rows = []
    for case, operation, fields in erasures(Dice(7), 5):
        fields = {name: str(value).lower() if isinstance(value, bool) else value
                  for name, value in fields.items()}
        rows.append([operation, *(fields.get(name, "") for name in head[1:-1]), case])
    return csv_text([head] + rows)


def mixed_lines():
    """The same rows as JSON lines: each has the keys it needs, and needs no settings."""
    lines = []
    for case, operation, fields in erasures(Dice(7), 5):
        row = {"request": case, "operation": operation}
        if operation == "crm.delink":
            row.update(module="Campaigns", related_list="Contacts")
        if operation.startswith("desk."):
            row["org_id"] = PORTALS[0]
        lines.append(json.dumps({**row, **fields}))
    return "\n".join(lines) + "\n"


FILES = {
    "campaign-members.csv": campaign_members,
    "product-leads.jsonl": product_leads,
    "price-books.tsv": price_books,
    "appointment-services.csv.gz": appointments,
    "call-preferences.csv": preferences,
    "desk-calls.csv": desk_calls,
    "recorded-calls.csv": recorded_calls,
    "mixed.csv": mixed_csv,
    "mixed.jsonl": mixed_lines,
}


def main():
    check = "--check" in sys.argv
    different = []
    for name, make in FILES.items():
        path, text = os.path.join(SAMPLES, name), make().encode()
        opener = gzip.open if name.endswith(".gz") else open
        if check:
            with opener(path, "rb") as file:
                if file.read() != text:
                    different.append(name)
        elif name.endswith(".gz"):
            with open(path, "wb") as file:
                file.write(gzip.compress(text, 9, mtime=0))
        else:
            with open(path, "wb") as file:
                file.write(text)
    for name in different:
        print(f"samples/{name} is not what tests/tools/make-samples.py writes")
    if check and not different:
        print(f"{len(FILES)} samples are as generated")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Which relations are allowed, and how their names are spelled and sent."""

from harness import *

PAIRS = [("Campaigns", "Leads"), ("Campaigns", "Contacts"), ("Products", "Leads"),
         ("Products", "Accounts"), ("Products", "Contacts"), ("Products", "Deals"),
         ("Products", "Potentials"), ("Products", "Price_Books"), ("Products", "PriceBooks"),
         ("Products", "Price Books"), ("Appointments", "Services"),
         ("Appointments__s", "Services__s"), ("Appointments", "Services__s"),
         ("Appointments__s", "Services")]
OTHERS = [("Leads", "Contacts"), ("Contacts", "Deals"), ("Campaigns", "Accounts"),
          ("Campaigns", "Deals"), ("Accounts", "Contacts"), ("Products", "Campaigns"),
          ("Products", "Products"), ("Leads", "Attachments"), ("Deals", "Notes"),
          ("Appointments", "Leads"), ("Services", "Products"), ("Products", "Vendors"),
          ("Price_Books", "Leads"), ("Campaigns", "Custom_List")]


class Relations(Case):

    def run_pairs(self, pairs, *options):
        self.service_ = self.service()
        content = HEADER + "".join(f"{module},1,{related_list},5\n"
                                   for module, related_list in pairs)
        return self.run_job(self.service_, content, *options)

    def paths(self):
        return {request.target.split("?")[0] for request in self.service_.requests}

    def test_documented_ones_both_ways(self):
        pairs = PAIRS + [(b, a) for a, b in PAIRS]
        run = self.run_pairs(pairs)
        self.assertEqual(run.code, 0, run)
        self.assertEqual(self.paths(), {f"/crm/v8/{a}/1/{b}".replace("Price Books", "Price_Books")
                                        for a, b in pairs})

    def test_others_are_rejected(self):
        run = self.run_pairs(OTHERS)
        self.assertEqual(run.verdicts(), [("rejected", "unsupported-relation")] * len(OTHERS))
        self.assertEqual((run.code, self.service_.requests), (4, []))
        for (module, related_list), message in zip(OTHERS, run.column("message")):
            self.says(message, module, related_list, "--allow-relation")

    def test_allow_one(self):
        """Only that one, and only that way round."""
        run = self.run_pairs([("Leads", "Attachments"), ("Attachments", "Leads"),
                              ("Contacts", "Attachments")],
                             "--allow-relation", "Leads/Attachments")
        self.assertEqual(run.column("code"), ["SUCCESS", "unsupported-relation",
                                              "unsupported-relation"])
        self.assertEqual(self.paths(), {"/crm/v8/Leads/1/Attachments"})

    def test_allow_two(self):
        run = self.run_pairs([("Leads", "Notes"), ("Deals", "Contact_Roles")],
                             "--allow-relation", "Leads/Notes",
                             "--allow-relation", "Deals/Contact Roles")
        self.assertEqual(run.code, 0, run)

    def test_allow_any(self):
        run = self.run_pairs(OTHERS, "--allow-relation", "any")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(self.paths(), {f"/crm/v8/{a}/1/{b}" for a, b in OTHERS})

    def test_blanks_and_underscores_are_one_target(self):
        run = self.run_pairs([("Products", "Price Books"), ("Products", " Price_Books ")])
        self.assertEqual(run.code, 0, run)
        self.assertEqual(run.summary["duplicates"], 1)
        self.assertEqual(self.paths(), {"/crm/v8/Products/1/Price_Books"})

    def test_two_spellings_are_two_targets(self):
        """PriceBooks and Price_Books, Deals and Potentials: each as written."""
        run = self.run_pairs([("Products", "PriceBooks"), ("Products", "Price_Books"),
                              ("Products", "Deals"), ("Products", "Potentials")])
        self.assertEqual((run.summary["targets"], run.summary["duplicates"]), (4, 0))
        self.assertEqual(len(self.service_.requests), 4)

    def test_a_success_that_is_not_a_removal_is_told(self):
        """`record deleted` deserves a loud warning."""
        run = self.run_job(self.sandbox(), HEADER + "Leads,1,Attachments,5\n",
                           "--allow-relation", "any")
        self.assertEqual(run.column("message"), ["record deleted"])
        self.says(run.err, "warning", "delete")


if __name__ == "__main__":
    main()

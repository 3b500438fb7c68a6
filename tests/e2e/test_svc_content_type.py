#!/usr/bin/env python3
"""A wrong Content-Type changes nothing: an answer is what its body says."""

from harness import *

MIXED = """operation,module,record_id,related_list,related_id,call_id,show_to_number,show_from_number
crm.delink,Campaigns,3652397000000300301,Contacts,3652397000900614319,,,
crm.delink,Campaigns,3652397000000300301,Contacts,3652397000140000404,,,
crm.call_preferences,,,,,,true,false
desk.clear_live_mapping,,,,,3652397000000000111,,
desk.clear_live_mapping,,,,,3652397000000000404,,
verba.delete_call,,,,,a8343631-9f35-4a3a-83f0-9e81592339fb,,
"""


class ContentType(ServicesCase):

    def test_wrong_types(self):
        wrongs = "text/html; charset=ISO-8859-1", "image/png", "application/xml", ""
        for number, wrong in enumerate(wrongs):
            with self.subTest(wrong):
                sandbox = self.sandbox("--desk-success-body", faults=
                                       f'any: header "Content-Type: {wrong}"\n')
                run = self.go(sandbox, None, MIXED, out=f"out{number}", env={
                    "ZOHO_DESK_ORG_ID": "700", "VERBA_API_KEY": "key-0"})
                self.assertEqual(run.column("code"), [
                    "SUCCESS", "INVALID_DATA", "SUCCESS", "SUCCESS", "URL_NOT_FOUND",
                    "SUCCESS"], run)
                self.assertEqual(run.code, 4)


if __name__ == "__main__":
    main()

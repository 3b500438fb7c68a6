#include "sandbox/verba_answer.h"

#include "sandbox/answer.h"
#include "sandbox/settings.h"

static void
add_plain(struct buf *body, const char *text)
{
    buf_add_text(body, text);
}

/* The same text, its characters in turn as &#x63;, &#99; and plainly. */
static void
add_entities(struct buf *body, const char *text)
{
    for (size_t i = 0; text[i]; i++)
        if (i % 3 == 0)
            buf_addf(body, "&#x%x;", (unsigned)text[i]);
        else if (i % 3 == 1)
            buf_addf(body, "&#%d;", text[i]);
        else
            buf_add_char(body, text[i]);
}

/* The ways to write an answer. $c stands for the code, $a for the action, $t for the
 * attribute that holds a token or for nothing, $m for the message. */
static const struct xml {
    const char *success;
    const char *failure;
    void (*add)(struct buf *body, const char *text);
} XML[] = {
    [SETTINGS_XML_PLAIN] = {"<VerbaApi><Response code=\"$c\" type=\"$a\"$t/></VerbaApi>",
                            "<VerbaApi><Response code=\"$c\" type=\"$a\">"
                            "<ErrorMessage>$m</ErrorMessage></Response></VerbaApi>",
                            add_plain},
    [SETTINGS_XML_OPEN] = {"\n<VerbaApi>\n  <Response code=\"$c\" type=\"$a\"$t>\n"
                           "  </Response>\n</VerbaApi>\n",
                           "\n<VerbaApi>\n  <Response code=\"$c\" type=\"$a\">\n"
                           "    <ErrorMessage>$m</ErrorMessage>\n"
                           "  </Response>\n</VerbaApi>\n",
                           add_plain},
    [SETTINGS_XML_ATTRIBUTES] =
        {"<!-- code=\"9\" --><VerbaApi version=\"9.8\">"
         "<Response$t errorcode=\"7\"\n type='$a' code = '$c' node=\"A &amp; &lt;B>\" />"
         "</VerbaApi>",
         "<!-- code=\"0\" --><VerbaApi version=\"9.8\">"
         "<Response errorcode=\"0\"\n type='$a' code = '$c' node=\"A &amp; &lt;B>\">"
         "<ErrorMessage lang='en' code=\"0\">$m</ErrorMessage></Response ></VerbaApi>",
         add_plain},
    [SETTINGS_XML_BESIDE] = {"<VerbaApi><Response code=\"$c\" type=\"$a\"$t/></VerbaApi>",
                             "<VerbaApi><Response code=\"$c\" type=\"$a\"/>"
                             "<ErrorMessage>$m</ErrorMessage></VerbaApi>",
                             add_plain},
    [SETTINGS_XML_ENTITIES] =
        {"<VerbaApi><Response code=\"$c\" type=\"$a\"$t/></VerbaApi>",
         "<VerbaApi><Response code=\"$c\" type=\"$a\">"
         "<ErrorMessage><![CDATA[]]>$m</ErrorMessage></Response></VerbaApi>",
         add_entities},
};

static void
add_place(struct buf *body, const struct xml *xml, char place,
          const struct verba_reply *reply)
{
    char code[16];
    (void)snprintf(code, sizeof(code), "%u", reply->code);
    if (place == 't' && !reply->token)
        return;
    if (place == 't')
        buf_add_text(body, " token=\"");
    xml->add(body, place == 'c'   ? code
                   : place == 'a' ? reply->action
                   : place == 't' ? reply->token
                                  : reply->message);
    if (place == 't')
        buf_add_char(body, '"');
}

static void
write_xml(const struct verba_reply *reply, unsigned form, struct buf *body)
{
    const struct xml *xml = &XML[form];
    const char *at = reply->code ? xml->failure : xml->success;
    buf_add_text(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    for (const char *place; (place = strchr(at, '$')); at = place + 2) {
        buf_add(body, at, (size_t)(place - at));
        add_place(body, xml, place[1], reply);
    }
    buf_add_text(body, at);
}

void
verba_answer_write(const struct verba_reply *reply, enum verba_format format,
                   unsigned xml_form, struct answer *answer)
{
    static const char *const types[] = {
        [VERBA_FORMAT_XML] = "text/xml;charset=UTF-8",
        [VERBA_FORMAT_HTML] = "text/html;charset=UTF-8",
        [VERBA_FORMAT_TEXT] = "text/plain;charset=UTF-8",
    };
    const char *text = reply->token ? reply->token : reply->code ? reply->message : "";
    answer->status = 200;
    answer_add_header(answer, "Content-Type", types[format]);
    if (format == VERBA_FORMAT_XML)
        write_xml(reply, xml_form, &answer->body);
    else if (format == VERBA_FORMAT_HTML)
        buf_addf(&answer->body, "<html><body><p>%s: %u</p><p>%s</p></body></html>\n",
                 reply->action, reply->code, text);
    else
        buf_addf(&answer->body, "%s: %u\n%s\n", reply->action, reply->code, text);
}

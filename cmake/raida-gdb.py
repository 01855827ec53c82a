# How gdb prints raida's values: `source raida-gdb.py`, in a session or in ~/.gdbinit. Secrets are never shown
# (`print/r` shows what is behind a printer, and them).
import gdb
import gdb.printing


def field(value, index):
    """A member of a standard library's class, whatever that library calls it."""
    members = [one for one in value.type.strip_typedefs().fields() if hasattr(one, "bitpos")]
    return value[members[index]]


def size_of_span(span):
    extent = field(span, 1)
    return int(extent if extent.type.strip_typedefs().code != gdb.TYPE_CODE_STRUCT else field(extent, 0))


def start_of_vector(vector):
    names = [one.name for one in vector.type.strip_typedefs().fields()]
    return vector["__begin_"] if "__begin_" in names else vector["_M_impl"]["_M_start"]


def enumerator(name, number):
    for namespace in "raida::v1::", "raida::boost_v1::":
        try:
            text = str(gdb.Value(number).cast(gdb.lookup_type(namespace + name)))
        except gdb.error: # there is none
            continue
        return text.split("::")[-1].replace("_", " ") if "::" in text else str(number)
    return str(number)


def error_text(error):
    number, category = int(field(error, 0)), field(error, 1).format_string(symbols=True)
    for of, names in ("v1::error_category()", "errc"), ("v1::status_category()", "status"):
        if "raida::" in category and of in category: # the object in that function
            return enumerator(names, number)
    return "error %d" % number


def counted(what):
    return ", ".join("%d %s" % one for one in what if one[0])


class Printer:
    def __init__(self, value):
        self.value = value


class AuthenticityNumber(Printer):
    def to_string(self):
        return "[redacted]"


class SecretBytes(Printer):
    def to_string(self):
        return "%d bytes [redacted]" % int(self.value["size_"])


class Token(Printer):
    def to_string(self):
        return "%d:%d" % (self.value["denomination"]["value"], self.value["serial"]["value"])


class Reply(Printer):
    def to_string(self):
        of = self.value
        text = "server %d: " % of["server"]
        if int(field(of["error"], 0)) != 0:
            text += error_text(of["error"])
        else:
            size = size_of_span(of["datagram"])
            if size > 2:
                text += enumerator("status", int(field(of["datagram"], 0)[2])) + ", "
            text += "%d bytes%s" % (size, "" if of["verified"] else ", not verified")
        if int(of["attempts"]) == 0:
            return text
        return text + ", %.1f ms" % (int(field(of["latency"], 0)) / 1e6)


class Replies(Printer):
    def to_string(self):
        return "%d replies" % int(self.value.type.template_argument(0))

    def children(self):
        slots = field(self.value["slots_"], 0)
        for server in range(int(self.value.type.template_argument(0))):
            yield "[%d]" % server, slots[server]


class Tally(Printer):
    def tokens(self):
        return int(self.value["box_"]["planes_"]["tokens_"])

    def verdicts(self):
        planes, tokens = self.value["box_"]["planes_"], self.tokens()
        start, stride = start_of_vector(planes["memory_"]), int(planes["stride_"])
        said = [sum(bin(int(start[row * stride + word])).count("1") for word in range((tokens + 63) // 64))
                for row in (0, 1)]
        return said[0], said[1], tokens - sum(said)

    def to_string(self):
        of = self.value
        verdicts = counted(zip(self.verdicts(), ("authentic", "counterfeit", "undecided")))
        servers = counted((int(of[name]), text) for name, text in
                          (("successes", "all pass"), ("failures", "all fail"), ("mixed", "mixed"),
                           ("refused", "refused"), ("errors", "without answer")))
        return "%s; servers: %s" % (verdicts or "no tokens", servers)


def printers():
    all_of_them = gdb.printing.RegexpCollectionPrettyPrinter("raida")
    for name, pattern, printer in (
            ("authenticity_number", "authenticity_number", AuthenticityNumber),
            ("secret_bytes", "basic_secret_bytes<.*>", SecretBytes),
            ("token", "basic_token<.*>", Token),
            ("reply", "reply", Reply),
            ("replies", "replies<.*>", Replies),
            ("tally", "tally<.*>", Tally)):
        all_of_them.add_printer(name, "^raida::(boost_)?v1::" + pattern + "$", printer)
    return all_of_them


gdb.printing.register_pretty_printer(None, printers(), replace=True)

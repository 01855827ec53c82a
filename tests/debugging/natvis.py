# Run by gdb.sh in a frame of values.cpp: every member that cmake/raida.natvis names is there.
import os
import re
import xml.etree.ElementTree as xml

import gdb

variables = {"authenticity_number": "number", "basic_secret_bytes<*>": "secrets", "basic_token<*>": "token",
             "reply": "reply", "replies<*>": "replies", "tally<*>": "tally", "batch_tally<*>": "batch"}
schema = "{http://schemas.microsoft.com/vstudio/debugger/natvis/2010}"


def check(type_name, expression):
    for path in re.findall(r"[a-z_]\w*(?:\.\w+)*", re.sub(r"\(int\)|==.*", "", expression)):
        value = gdb.parse_and_eval(variables[type_name])
        if value.type.code == gdb.TYPE_CODE_REF:
            value = value.referenced_value()
        for member in path.split("."):
            value = value[member]


root = xml.parse(os.path.join(os.path.dirname(__file__), "../../cmake/raida.natvis")).getroot()
types = root.findall(schema + "Type")
for one in types:
    name = one.get("Name").removeprefix("raida::v1::")
    for part in one.iter():
        for expression in re.findall(r"\{(.*?)\}", part.text or "") + [part.get("Condition", "")]:
            check(name, expression)
        if part.tag == schema + "ExpandedItem":
            check(name, part.text)
print("natvis: %d types" % len(types))

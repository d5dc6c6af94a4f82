"""Calls with their values, read and written without an object cache (part 2)."""

import struct


class Unreadable(Exception):
    """The bytes violate part 2."""


# 2§4: type tags, and the internal tag that determines how a value is encoded.
BOOL, INT, COUNT, COUNTER, DOUBLE, TIME, INTERVAL, STRING = 1, 2, 3, 4, 5, 6, 7, 8
PATTERN, ENUM, PORT, ADDR, SUBNET, RECORD, VECTOR = 9, 10, 12, 13, 14, 18, 22
AS_INT, AS_UNSIGNED, AS_DOUBLE, AS_STRING, AS_ADDR, AS_SUBNET, AS_OTHER = 1, 2, 3, 4, 5, 6, 7
INTERNAL = {BOOL: AS_INT, INT: AS_INT, ENUM: AS_INT, COUNT: AS_UNSIGNED, COUNTER: AS_UNSIGNED,
            PORT: AS_UNSIGNED, DOUBLE: AS_DOUBLE, TIME: AS_DOUBLE, INTERVAL: AS_DOUBLE,
            STRING: AS_STRING, ADDR: AS_ADDR, SUBNET: AS_SUBNET}

# 2§3: families of serial types. Only bits 0-12 are significant.
# Objects with bit 15 begin with a BroObj.
VAL, TYPE, ATTRIBUTES, MATCHER = 0x8800, 0x8A00, 0x8C00, 0x1400

# 2§6: the class of a Val by its type; all others are plain.
VAL_CLASS = {INTERVAL: 2, PORT: 3, ADDR: 4, SUBNET: 5, STRING: 6, PATTERN: 7, RECORD: 10, ENUM: 11,
             VECTOR: 12}

# 2§4: the classes of types.
BASE_TYPE, RECORD_TYPE, SUBNET_TYPE, ENUM_TYPE, VECTOR_TYPE = 1, 7, 8, 10, 11

DEEPEST = 64


class Reader:
    """Reads one serialization. Checks every length against the remaining bytes."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        self.depth = 0

    def take(self, length):
        end = self.at + length
        if end > len(self.data):
            raise Unreadable(f"{length} bytes expected at offset {self.at}, but the data ends")
        piece = self.data[self.at:end]
        self.at = end
        return piece

    def unpack(self, form):
        (value,) = struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))
        return value

    def bool(self):
        return self.take(1) == b"\1"

    def str(self):
        return self.take(self.unpack("I"))

    def count(self):
        """Reads a number of elements, each of which takes at least one byte."""
        count = self.unpack("I")
        if count > len(self.data) - self.at:
            raise Unreadable(f"{count} elements in {len(self.data) - self.at} bytes")
        return count

    def opt(self, read):
        return read() if self.bool() else None

    def object(self, family):
        """Reads an object's header (2§3) and returns its class."""
        full, pid = self.bool(), self.unpack("I")
        if not full:
            raise Unreadable(f"unknown object {pid} referenced")
        serial_type = self.unpack("H")
        if serial_type & 0x9F00 != family:
            raise Unreadable(f"unknown object type {serial_type:#06x}")
        if family & 0x8000 and self.bool():
            raise Unreadable("a location, which peers do not send")
        return serial_type & 0xFF

    def nested(self, read):
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST}, 2§12")
        value = read()
        self.depth -= 1
        return value

    def type(self):
        """Reads a type as (tag, name, further data of its class)."""
        return self.nested(self._type)

    def _type(self):
        if not self.bool():
            raise Unreadable("a type by name, which only a Broccoli sends")
        class_ = self.object(TYPE)
        tag, internal = self.take(1)[0], self.take(1)[0]
        self.bool(), self.bool()
        name = self.str()
        if internal != INTERNAL.get(tag, AS_OTHER):
            raise Unreadable(f"type {tag} with internal tag {internal}")
        if class_ in (BASE_TYPE, SUBNET_TYPE):
            more = None
        elif class_ == ENUM_TYPE:
            counter = self.unpack("q")
            number = self.count()
            self.bool()
            more = counter, [(self.str(), self.unpack("q")) for _ in range(number)]
        elif class_ == VECTOR_TYPE:
            more = self.type()
        elif class_ == RECORD_TYPE:
            self.unpack("I")
            fields = []
            if self.bool():
                for _ in range(self.count()):
                    self.opt(self.attributes)
                    fields.append((self.type(), self.str()))
            more = fields
        else:
            raise Unreadable(f"types of class {class_} are not supported")
        return class_, tag, name, more

    def attributes(self):
        """Skips attributes. A Broccoli is not sent their expressions."""
        self.object(ATTRIBUTES)
        self.type()
        for _ in range(self.count()):
            if self.bool():
                raise Unreadable("an expression, which is never sent to a Broccoli")
            self.take(1)

    def value(self):
        """Reads a value as (type, content)."""
        return self.nested(self._value)

    def _value(self):
        class_ = self.object(VAL)
        type_ = self.type()
        tag = type_[1]
        internal = INTERNAL.get(tag, AS_OTHER)
        if class_ not in (1, VAL_CLASS.get(tag, 1)):
            raise Unreadable(f"a value of type {tag} in the class {class_}")
        if internal == AS_INT:
            return type_, self.unpack("q")
        if internal == AS_UNSIGNED:
            return type_, self.unpack("Q")
        if internal == AS_DOUBLE:
            return type_, self.unpack("d")
        if internal == AS_STRING:
            return type_, self.str()
        if internal == AS_ADDR:
            return type_, self.addr()
        if internal == AS_SUBNET:
            addr, width = self.addr(), self.unpack("I")
            if width > 8 * len(addr):
                raise Unreadable(f"a prefix of {width} bits")
            return type_, (addr, width)
        if tag == PATTERN:
            self.object(MATCHER)
            return type_, (self.str(), self.str())
        if tag in (RECORD, VECTOR):
            self.take(1), self.str()
            return type_, [self.opt(self.value) for _ in range(self.count())]
        raise Unreadable(f"values of type {tag} are not supported")

    def addr(self):
        words = self.unpack("I")
        if words not in (1, 4):
            raise Unreadable(f"an address of {words} words")
        return self.take(4 * words)


class Writer:
    """Writes one serialization: every object in full, without an id (2§5)."""

    def __init__(self):
        self.out = bytearray()

    def pack(self, form, *values):
        self.out += struct.pack(">" + form, *values)

    def str(self, text):
        self.pack("I", len(text))
        self.out += text

    def object(self, family, class_):
        self.pack("?IH", True, 0, family | class_)
        if family & 0x8000:
            self.pack("?", False)

    def type(self, type_):
        class_, tag, name, more = type_
        self.pack("?", True)
        self.object(TYPE, class_)
        shared = class_ in (BASE_TYPE, SUBNET_TYPE)
        self.pack("BB??", tag, INTERNAL.get(tag, AS_OTHER), tag == PORT, shared)
        self.str(name)
        if class_ == ENUM_TYPE:
            counter, names = more
            self.pack("qI?", counter, len(names), False)
            for constant, number in names:
                self.str(constant)
                self.pack("q", number)
        elif class_ == VECTOR_TYPE:
            self.type(more)
        elif class_ == RECORD_TYPE:
            self.pack("I?I", len(more), True, len(more))
            for field, field_name in more:
                self.pack("?", False)
                self.type(field)
                self.str(field_name)

    def value(self, value):
        type_, content = value
        tag = type_[1]
        internal = INTERNAL.get(tag, AS_OTHER)
        self.object(VAL, VAL_CLASS.get(tag, 1))
        self.type(type_)
        if internal == AS_INT:
            self.pack("q", content)
        elif internal == AS_UNSIGNED:
            self.pack("Q", content)
        elif internal == AS_DOUBLE:
            self.pack("d", content)
        elif internal == AS_STRING:
            self.str(content)
        elif internal == AS_ADDR:
            self.addr(content)
        elif internal == AS_SUBNET:
            self.addr(content[0])
            self.pack("I", content[1])
        elif tag == PATTERN:
            self.object(MATCHER, 1)
            self.str(content[0])
            self.str(content[1])
        else:
            self.pack("B", 0)
            self.str(b"")
            self.pack("I", len(content))
            for item in content:
                self.pack("?", item is not None)
                if item is not None:
                    self.value(item)

    def addr(self, addr):
        self.pack("I", len(addr) // 4)
        self.out += addr

    def call(self, name, now, args):
        """Writes a call of an event (2§2)."""
        self.out += b"e"
        self.str(name)
        self.pack("dI", now, len(args))
        for arg in args:
            self.value(arg)
        return bytes(self.out)


def read_call(data):
    """Reads a call: its name and its arguments (2§2)."""
    reader = Reader(data[1:])
    name = reader.str()
    reader.unpack("d")
    args = [reader.value() for _ in range(reader.count())]
    return name, args

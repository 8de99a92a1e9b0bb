//! The flags of `%{+Q,-X}name`: quoting, hexadecimal, escaping, encodings.

/// A set of flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(u16);

impl Flags {
    pub(super) const NONE: Flags = Flags(0);
    /// `X`: addresses, ports and some numbers in hexadecimal.
    pub(super) const HEX: Flags = Flags(1);
    /// `M`: an empty value is shown as `-`.
    pub(super) const MANDATORY: Flags = Flags(1 << 1);
    /// `Q`: quotes around text.
    pub(super) const QUOTE: Flags = Flags(1 << 2);
    /// `E`: a backslash before `"`, `\` and `]`.
    pub(super) const ESCAPE: Flags = Flags(1 << 3);
    /// Values go into a header: what may not stand there becomes `%XX`.
    pub(super) const HTTP: Flags = Flags(1 << 4);
    /// `bin`: bytes stay bytes.
    pub(super) const BIN: Flags = Flags(1 << 5);
    /// `json`.
    pub(super) const JSON: Flags = Flags(1 << 6);
    /// `cbor`.
    pub(super) const CBOR: Flags = Flags(1 << 7);
    /// Either encoding.
    pub(super) const ENCODE: Flags = Flags(Self::JSON.0 | Self::CBOR.0);

    /// Whether any of `other` is set.
    pub(super) fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    pub(super) fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    pub(super) fn common(self, other: Flags) -> Flags {
        Flags(self.0 & other.0)
    }

    /// Applies `+Q,-X`. Unknown flags are passed over, as they always were. A line keeps its first encoding.
    pub(super) fn apply(self, text: &[u8]) -> Flags {
        text.split(|byte| *byte == b',').fold(self, |flags, word| match word.trim_ascii().split_first() {
            Some((b'+', name)) => {
                let added = Flags::named(name);
                flags.with(if flags.has(Flags::ENCODE) { added.without(Flags::ENCODE) } else { added })
            }
            Some((b'-', name)) => flags.without(Flags::named(name)),
            _ => flags,
        })
    }

    fn named(name: &[u8]) -> Flags {
        match name {
            b"M" => Flags::MANDATORY,
            b"Q" => Flags::QUOTE,
            b"X" => Flags::HEX,
            b"E" => Flags::ESCAPE,
            b"bin" => Flags::BIN,
            b"json" => Flags::JSON,
            b"cbor" => Flags::CBOR,
            _ => Flags::NONE,
        }
    }

    /// The flags of one item of a line that has `line`: encodings and `bin` are the line's where it has any, a header's
    /// value is never encoded, an encoded one never escaped twice.
    pub(super) fn within(self, line: Flags) -> Flags {
        let own = if line.has(Flags::ENCODE) { self.without(Flags::ENCODE) } else { self };
        let flags = own.without(Flags::BIN).with(line.common(Flags::BIN.with(Flags::ENCODE)));
        flags.settled(line)
    }

    /// Takes out what does not go together.
    pub(super) fn settled(self, line: Flags) -> Flags {
        let line_encodes = line.has(Flags::ENCODE) && !line.has(Flags::HTTP);
        let flags = match (self.has(Flags::HTTP), line_encodes) {
            (true, true) => self.without(Flags::HTTP),
            (true, false) => self.without(Flags::ENCODE),
            (false, _) => self,
        };
        if flags.has(Flags::ENCODE) { flags.without(Flags::ESCAPE) } else { flags }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_and_taken_away() {
        let flags = Flags::MANDATORY.apply(b"+Q,+X,-M,+Y,");
        assert_eq!(flags, Flags::QUOTE.with(Flags::HEX));
        assert_eq!(flags.apply(b"-Q"), Flags::HEX);
        assert_eq!(Flags::NONE.apply(b"+json,+cbor"), Flags::JSON);
    }

    #[test]
    fn a_line_rules_over_its_items() {
        assert_eq!(Flags::CBOR.within(Flags::JSON), Flags::JSON);
        assert_eq!(Flags::BIN.within(Flags::NONE), Flags::NONE);
        assert_eq!(Flags::JSON.with(Flags::HTTP).within(Flags::NONE), Flags::HTTP);
        assert_eq!(Flags::JSON.with(Flags::ESCAPE).within(Flags::NONE), Flags::JSON);
    }
}

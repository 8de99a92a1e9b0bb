//! Distinguished names (RFC 5280 section 4.1.2.4): one line, one component, RFC 2253, and equality as OpenSSL sees it.

use smallvec::SmallVec;

use super::der::{self, Reader, Tlv};
use super::{oids, text};

/// A distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    raw: &'a [u8],
    parts: &'a [u8],
}

/// One component of a name.
#[derive(Debug, Clone, Copy)]
pub struct Component<'a> {
    /// What it is, DER contents of an object identifier.
    pub oid: &'a [u8],
    /// How its text is encoded: an ASN.1 tag.
    pub tag: u8,
    /// Its text, as it stands in the certificate.
    pub value: &'a [u8],
    /// The whole of its value, DER.
    pub(crate) raw: &'a [u8],
    /// Which of the name's sets it belongs to; those of one set stand side by side.
    pub(crate) set: usize,
}

impl<'a> Component<'a> {
    /// Its short name, or its identifier's dotted form.
    #[must_use]
    pub fn name(&self) -> std::borrow::Cow<'static, str> {
        oids::short_name(self.oid).map_or_else(|| oids::dotted(self.oid).into(), Into::into)
    }

    /// Its value without all but one of the zeros at its end; `None` if there is one elsewhere, as what reads up to a
    /// zero would see another name than what does not.
    fn sound_value(&self) -> Option<&'a [u8]> {
        let Some(zero) = self.value.iter().position(|&byte| byte == 0) else { return Some(self.value) };
        self.value[zero..].iter().all(|&byte| byte == 0).then(|| &self.value[..=zero])
    }
}

impl<'a> Name<'a> {
    /// The name that `tlv` is; `None` if its parts cannot be read.
    pub(crate) fn new(tlv: Tlv<'a>) -> Option<Name<'a>> {
        if tlv.tag != der::SEQUENCE {
            return None;
        }
        let name = Name { raw: tlv.raw, parts: tlv.value };
        let mut sets = tlv.parts();
        while !sets.is_empty() {
            let mut set = Reader::new(sets.expect(der::SET)?);
            while !set.is_empty() {
                let mut pair = Reader::new(set.expect(der::SEQUENCE)?);
                pair.expect(der::OID)?;
                pair.next()?;
            }
        }
        Some(name)
    }

    /// Its DER.
    #[must_use]
    pub fn der(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether it has no components.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.components().next().is_none()
    }

    /// Its components, as they stand there.
    pub fn components(&self) -> impl Iterator<Item = Component<'a>> + use<'a> {
        Reader::new(self.parts).each().enumerate().flat_map(|(set, tlv)| {
            tlv.parts().each().filter_map(move |pair| {
                let mut pair = pair.parts();
                let oid = pair.expect(der::OID)?;
                let value = pair.next()?;
                Some(Component { oid, tag: value.tag, value: value.value, raw: value.raw, set })
            })
        })
    }

    /// `/C=FR/O=HAProxy Technologies/CN=client1`, bytes as in the certificate. `None` if it is empty, or a component
    /// has a zero elsewhere than at its end.
    #[must_use]
    pub fn oneline(&self) -> Option<Vec<u8>> {
        let mut line = Vec::with_capacity(self.parts.len());
        for component in self.components() {
            let value = component.sound_value()?;
            line.push(b'/');
            line.extend_from_slice(component.name().as_bytes());
            line.push(b'=');
            line.extend_from_slice(value);
        }
        (!line.is_empty()).then_some(line)
    }

    /// The `occurrence`th component called `name` (its short name or dotted identifier, in any case); 1 is the first,
    /// -1 the last one, 0 is none. `None` also if it has a zero elsewhere than at its end.
    #[must_use]
    pub fn entry(&self, name: &[u8], occurrence: i32) -> Option<&'a [u8]> {
        let mut matching = self.components().filter(|part| name.eq_ignore_ascii_case(part.name().as_bytes()));
        let skipped = usize::try_from(occurrence.unsigned_abs().checked_sub(1)?).ok()?;
        let component = if occurrence > 0 {
            matching.nth(skipped)
        } else {
            let mut all: SmallVec<[Component<'a>; 4]> = matching.collect();
            all.reverse();
            all.get(skipped).copied()
        };
        component?.sound_value()
    }

    /// RFC 2253's form, as OpenSSL writes it (`CN=client1,O=HAProxy Technologies,C=FR`): last component first, other
    /// than ASCII as `\C3\A9`, values of unknown components as `#` and DER in hexadecimal. `None` if it is empty.
    #[must_use]
    pub fn rfc2253(&self) -> Option<String> {
        let all: SmallVec<[Component<'a>; 8]> = self.components().collect();
        let mut line = String::with_capacity(self.parts.len());
        for (at, component) in all.iter().rev().enumerate() {
            if at > 0 {
                let before = &all[all.len() - at];
                line.push(if before.set == component.set { '+' } else { ',' });
            }
            line.push_str(&component.name());
            line.push('=');
            let is_known = oids::short_name(component.oid).is_some();
            text::push_escaped(
                &mut line,
                component,
                if is_known { text::Form::Text } else { text::Form::Dump },
            );
        }
        (!line.is_empty()).then_some(line)
    }

    /// `C = FR, O = HAProxy Technologies, CN = client1`: OpenSSL's own one-line form, which it uses within general
    /// names.
    #[must_use]
    pub fn display(&self) -> String {
        let (mut line, mut last_set) = (String::with_capacity(self.parts.len()), None);
        for component in self.components() {
            match last_set {
                Some(set) if set == component.set => line.push_str(" + "),
                Some(_) => line.push_str(", "),
                None => {}
            }
            last_set = Some(component.set);
            line.push_str(&component.name());
            line.push_str(" = ");
            text::push_escaped(&mut line, &component, text::Form::Quoted);
        }
        line
    }

    /// The first common name, as UTF-8.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        self.common_names().next()
    }

    /// All common names, as UTF-8; those with a zero in them are left out.
    pub fn common_names(&self) -> impl Iterator<Item = String> + use<'a> {
        self.components()
            .filter(|component| component.oid == [0x55, 4, 3])
            .filter_map(|component| text::to_utf8(component.tag, component.value))
            .filter(|name| !name.contains('\0'))
    }

    /// What equal names have in common: text as UTF-8, letters in lower case, blanks as one and none at the ends
    /// (RFC 5280 section 7.1, as OpenSSL does it).
    pub(crate) fn canonical(&self) -> Canonical {
        let mut canonical = Canonical::new();
        for component in self.components() {
            canonical.extend(u32::try_from(component.set).unwrap_or(u32::MAX).to_be_bytes());
            push_part(&mut canonical, component.oid);
            match text::canonical(component.tag, component.value) {
                Some(text) => push_part(&mut canonical, text.as_bytes()),
                None => push_part(&mut canonical, component.raw),
            }
        }
        canonical
    }
}

/// A name's canonical form: names are equal if these are, and one stands above another if its form starts the other's.
pub(crate) type Canonical = SmallVec<[u8; 192]>;

/// Adds bytes and how many they are.
fn push_part(canonical: &mut Canonical, bytes: &[u8]) {
    canonical.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    canonical.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DER of a name of one set for each inner list: (last part of 2.5.4, tag, value).
    fn name(sets: &[&[(u8, u8, &[u8])]]) -> Vec<u8> {
        let wrap = |tag: u8, body: &[u8]| [&[tag, u8::try_from(body.len()).unwrap()], body].concat();
        let sets: Vec<u8> = sets
            .iter()
            .flat_map(|set| {
                let body: Vec<u8> = set
                    .iter()
                    .flat_map(|(kind, tag, value)| {
                        wrap(
                            der::SEQUENCE,
                            &[&wrap(der::OID, &[0x55, 4, *kind])[..], &wrap(*tag, value)].concat(),
                        )
                    })
                    .collect();
                wrap(der::SET, &body)
            })
            .collect();
        wrap(der::SEQUENCE, &sets)
    }

    fn parse(bytes: &[u8]) -> Name<'_> {
        Name::new(Tlv::only(bytes).unwrap()).unwrap()
    }

    #[test]
    fn components_are_counted_from_both_ends() {
        let der = name(&[&[(6, 0x13, b"FR")], &[(11, 0x0c, b"a")], &[(11, 0x0c, b"b")], &[(3, 0x0c, b"x")]]);
        let name = parse(&der);
        assert_eq!(name.oneline().unwrap(), b"/C=FR/OU=a/OU=b/CN=x");
        assert_eq!(name.entry(b"OU", 1), Some(&b"a"[..]));
        assert_eq!(name.entry(b"ou", 2), Some(&b"b"[..]));
        assert_eq!(name.entry(b"OU", -1), Some(&b"b"[..]));
        assert_eq!(name.entry(b"OU", -2), Some(&b"a"[..]));
        assert_eq!((name.entry(b"OU", 3), name.entry(b"OU", 0), name.entry(b"O", 1)), (None, None, None));
        assert_eq!(name.rfc2253().unwrap(), "CN=x,OU=b,OU=a,C=FR");
        assert_eq!(name.display(), "C = FR, OU = a, OU = b, CN = x");
        assert_eq!(name.common_name().as_deref(), Some("x"));
    }

    #[test]
    fn zeros_within_hide_nothing() {
        let der = name(&[&[(3, 0x0c, b"good\0\0")]]);
        assert_eq!(parse(&der).oneline().unwrap(), b"/CN=good\0");
        let der = name(&[&[(6, 0x13, b"FR")], &[(3, 0x0c, b"good\0evil")]]);
        assert_eq!(parse(&der).oneline(), None);
        assert_eq!(parse(&der).entry(b"CN", 1), None);
        assert_eq!(parse(&der).entry(b"C", 1), Some(&b"FR"[..]));
        assert_eq!(parse(&der).common_name(), None);
    }

    #[test]
    fn rfc_2253_escapes() {
        let der = name(&[&[(10, 0x0c, "#a,b\\ é".as_bytes()), (11, 0x14, b"\xe9 ")], &[(120, 0x0c, b"x")]]);
        assert_eq!(parse(&der).rfc2253().unwrap(), r"2.5.4.120=#0C0178,OU=\C3\A9\ +O=\#a\,b\\ \C3\A9");
        assert_eq!(
            parse(&der).oneline().unwrap(),
            [b"/O=#a,b\\ \xc3\xa9/OU=\xe9 /2.5.4.120=x".as_slice()].concat()
        );
        assert_eq!(parse(&name(&[])).rfc2253(), None);
    }

    #[test]
    fn equality_is_openssl_s() {
        let a = name(&[&[(10, 0x0c, b" Some  Org ")]]);
        let b = name(&[&[(10, 0x13, b"some org")]]);
        let c = name(&[&[(10, 0x13, b"someorg")]]);
        let d = name(&[&[(10, 0x13, b"some org")], &[(3, 0x13, b"x")]]);
        assert_eq!(parse(&a).canonical(), parse(&b).canonical());
        assert_ne!(parse(&a).canonical(), parse(&c).canonical());
        assert!(parse(&d).canonical().starts_with(&parse(&a).canonical()));
    }
}

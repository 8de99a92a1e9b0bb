//! Groups of key exchange (`curves`, `ecdhe`; RFC 8446 section 4.2.7) by OpenSSL's names.

use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::kx_group;

use super::Choice;
use super::p521::P521;

/// A group that OpenSSL has a name for.
struct Group {
    number: u16,
    /// The name that fetches print, then what else configurations call it.
    names: &'static [&'static str],
    spoken: Option<fn() -> &'static dyn SupportedKxGroup>,
}

static GROUPS: &[Group] = &[
    spoken(0x001D, &["X25519"], || kx_group::X25519),
    spoken(0x0017, &["prime256v1", "P-256", "secp256r1"], || kx_group::SECP256R1),
    spoken(0x0018, &["secp384r1", "P-384"], || kx_group::SECP384R1),
    spoken(0x0019, &["secp521r1", "P-521"], || &P521),
    spoken(0x11EC, &["X25519MLKEM768"], || kx_group::X25519MLKEM768),
    spoken(0x11EB, &["SecP256r1MLKEM768"], || kx_group::SECP256R1MLKEM768),
    spoken(0x0201, &["MLKEM768"], || kx_group::MLKEM768),
    spoken(0x0202, &["MLKEM1024"], || kx_group::MLKEM1024),
    unspoken(0x11ED, &["SecP384r1MLKEM1024"]),
    unspoken(0x0200, &["MLKEM512"]),
    unspoken(0x001E, &["X448"]),
    unspoken(0x0100, &["ffdhe2048"]),
    unspoken(0x0101, &["ffdhe3072"]),
    unspoken(0x0102, &["ffdhe4096"]),
    unspoken(0x0103, &["ffdhe6144"]),
    unspoken(0x0104, &["ffdhe8192"]),
    unspoken(0x001A, &["brainpoolP256r1"]),
    unspoken(0x001B, &["brainpoolP384r1"]),
    unspoken(0x001C, &["brainpoolP512r1"]),
    unspoken(0x0013, &["prime192v1", "P-192", "secp192r1"]),
    unspoken(0x0015, &["secp224r1", "P-224"]),
    unspoken(0x0012, &["secp192k1"]),
    unspoken(0x0014, &["secp224k1"]),
    unspoken(0x0016, &["secp256k1"]),
    unspoken(0x0001, &["sect163k1", "K-163"]),
    unspoken(0x0003, &["sect163r2", "B-163"]),
    unspoken(0x0006, &["sect233k1", "K-233"]),
    unspoken(0x0007, &["sect233r1", "B-233"]),
    unspoken(0x0009, &["sect283k1", "K-283"]),
    unspoken(0x000A, &["sect283r1", "B-283"]),
    unspoken(0x000B, &["sect409k1", "K-409"]),
    unspoken(0x000C, &["sect409r1", "B-409"]),
    unspoken(0x000D, &["sect571k1", "K-571"]),
    unspoken(0x000E, &["sect571r1", "B-571"]),
];

const fn spoken(
    number: u16,
    names: &'static [&'static str],
    group: fn() -> &'static dyn SupportedKxGroup,
) -> Group {
    Group { number, names, spoken: Some(group) }
}

const fn unspoken(number: u16, names: &'static [&'static str]) -> Group {
    Group { number, names, spoken: None }
}

/// How many of the table, from the front, are offered where nothing is said.
const DEFAULT_COUNT: usize = 5;

/// OpenSSL's name of a group, as `ssl_fc_curve` prints it.
#[must_use]
pub fn name(number: u16) -> Option<&'static str> {
    GROUPS.iter().find(|group| group.number == number).map(|group| group.names[0])
}

/// The groups that `curves` chooses, in its order, or else the one of `ecdhe`; without both X25519, P-256, P-384,
/// P-521 and X25519MLKEM768.
///
/// # Errors
/// The list names something that is no group, or nothing that can be spoken.
pub fn choose(
    list: Option<&str>,
    ecdhe: Option<&str>,
) -> Result<Choice<&'static dyn SupportedKxGroup>, String> {
    let Some(list) = list.or(ecdhe) else {
        let usable = GROUPS[..DEFAULT_COUNT].iter().filter_map(|group| group.spoken.map(|get| get()));
        return Ok(Choice { usable: usable.collect(), dropped: Vec::new() });
    };
    let mut choice: Choice<&'static dyn SupportedKxGroup> =
        Choice { usable: Vec::new(), dropped: Vec::new() };
    for word in list.split([':', '/', ' ']).filter(|word| !word.is_empty()) {
        add(word, &mut choice)?;
    }
    if choice.usable.is_empty() {
        return Err(format!(
            "none of the curves of `{list}` can be used: X25519, P-256, P-384, P-521 and X25519MLKEM768 are built in"
        ));
    }
    Ok(choice)
}

/// Adds a word; `?` before it makes an unknown name harmless, `*` asks for a key share, which the first group has.
fn add(word: &str, choice: &mut Choice<&'static dyn SupportedKxGroup>) -> Result<(), String> {
    let name = word.trim_start_matches(['?', '*']);
    let is_optional = name.len() < word.len() && word.contains('?');
    let known = GROUPS.iter().find(|group| group.names.iter().any(|known| known.eq_ignore_ascii_case(name)));
    match known {
        Some(Group { number, spoken: Some(get), .. }) => {
            if !choice.usable.iter().any(|group| u16::from(group.name()) == *number) {
                choice.usable.push(get());
            }
        }
        Some(_) => choice.dropped.push(word.into()),
        None if is_optional => {}
        None => return Err(format!("`{name}` is no curve")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(list: &str) -> Vec<u16> {
        choose(Some(list), None).unwrap().usable.iter().map(|group| group.name().into()).collect()
    }

    #[test]
    fn numbers_of_the_table_are_those_of_the_groups() {
        for group in GROUPS {
            if let Some(get) = group.spoken {
                assert_eq!(u16::from(get().name()), group.number);
            }
        }
        assert_eq!(name(0x17), Some("prime256v1"));
        assert_eq!(name(0x1D), Some("X25519"));
        assert_eq!(name(0x7777), None);
    }

    #[test]
    fn lists_keep_their_order() {
        assert_eq!(numbers("P-384:x25519:prime256v1:secp384r1"), [0x18, 0x1D, 0x17]);
        assert_eq!(numbers("?unheard:secp521r1"), [0x19]);
        let choice = choose(Some("X448:P-256"), Some("secp384r1")).unwrap();
        assert_eq!((choice.usable.len(), &*choice.dropped[0]), (1, "X448"));
    }

    #[test]
    fn ecdhe_counts_where_no_list_is() {
        assert_eq!(choose(None, Some("secp521r1")).unwrap().usable.len(), 1);
        let default = choose(None, None).unwrap().usable;
        assert_eq!(u16::from(default[0].name()), 0x1D);
        assert_eq!(default.len(), 5);
    }

    #[test]
    fn unknown_and_unusable_lists_are_errors() {
        assert!(choose(Some("P-256:P-999"), None).unwrap_err().contains("P-999"));
        assert!(choose(Some("X448:ffdhe2048"), None).unwrap_err().contains("X448"));
        assert!(choose(Some(""), None).is_err());
    }
}

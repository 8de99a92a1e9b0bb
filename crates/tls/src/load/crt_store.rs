//! What a `load` line of a `crt-store` section says, or the brackets of a `crt-list` line about files
//! (configuration manual, chapter 12.7.1), and when two of them may share a certificate.

use std::fmt;

/// `ocsp-update`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OcspUpdate {
    /// Not said: what `tune.ssl.ocsp-update.mode` says.
    #[default]
    Default,
    /// `on`.
    On,
    /// `off`.
    Off,
}

/// The files of a certificate, where they are not looked for beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreOptions {
    /// `crt`.
    pub crt: Option<Box<str>>,
    /// `key`.
    pub key: Option<Box<str>>,
    /// `ocsp`.
    pub ocsp: Option<Box<str>>,
    /// `issuer`.
    pub issuer: Option<Box<str>>,
    /// `sctl`.
    pub sctl: Option<Box<str>>,
    /// `ocsp-update`.
    pub ocsp_update: OcspUpdate,
    /// `jwt`: tokens may be checked and decrypted with it. Then it may do without a key.
    pub is_for_tokens: bool,
    /// `alias`, on `load` lines alone.
    pub alias: Option<Box<str>>,
}

impl StoreOptions {
    /// The words that [`StoreOptions::set`] takes; each has one value.
    pub const KEYWORDS: [&str; 8] = ["crt", "key", "ocsp", "issuer", "sctl", "ocsp-update", "jwt", "alias"];

    /// Takes a word and its value. The last one counts.
    ///
    /// # Errors
    /// An unknown word, or a value that it does not take.
    pub fn set(&mut self, keyword: &str, value: &str) -> Result<(), String> {
        let slot = match keyword {
            "crt" => &mut self.crt,
            "key" => &mut self.key,
            "ocsp" => &mut self.ocsp,
            "issuer" => &mut self.issuer,
            "sctl" => &mut self.sctl,
            "alias" => &mut self.alias,
            "ocsp-update" => {
                self.ocsp_update = match value {
                    "on" => OcspUpdate::On,
                    "off" => OcspUpdate::Off,
                    _ => return Err(format!("'{keyword}' is 'on' or 'off', not '{value}'")),
                };
                return Ok(());
            }
            "jwt" => {
                self.is_for_tokens = match value {
                    "on" => true,
                    "off" => false,
                    _ => return Err(format!("'{keyword}' is 'on' or 'off', not '{value}'")),
                };
                return Ok(());
            }
            _ => return Err(format!("unknown keyword '{keyword}'")),
        };
        if value.is_empty() {
            return Err(format!("'{keyword}' expects a value"));
        }
        *slot = Some(value.into());
        Ok(())
    }

    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        *self == StoreOptions::default()
    }

    /// Whether files are named (those of the certificate apart).
    pub(crate) fn names_files(&self) -> bool {
        self.key.is_some() || self.ocsp.is_some() || self.issuer.is_some() || self.sctl.is_some()
    }
}

/// How a certificate came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// By its name alone.
    Name,
    /// By a `crt-list` line that says something about its files.
    CrtList,
    /// By a `crt-store`.
    CrtStore,
}

/// Why two uses of a certificate do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Parameters now, none before.
    NoneBefore,
    /// Parameters before, none now.
    NoneNow,
    /// Another value of this one.
    Value(&'static str),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::NoneBefore => f.write_str("there were none then, and there are some now"),
            Difference::NoneNow => f.write_str("there were some then, and there are none now"),
            Difference::Value(name) => write!(f, "different parameter '{name}'"),
        }
    }
}

/// Whether a certificate that came to be known by `before` may be used again under `now`, which is empty for a mere
/// name. `update` is what `ocsp-update` means where it is not said.
pub(crate) fn compatible(
    (origin, before): (Origin, &StoreOptions),
    now: &StoreOptions,
    update: OcspUpdate,
) -> Result<(), Difference> {
    let effective = |said: OcspUpdate| if said == OcspUpdate::Default { update } else { said };
    let updates_alike = effective(before.ocsp_update) == effective(now.ocsp_update);
    // A certificate's answer is either fetched or not, whoever says so; a `crt-store` says it for all.
    let is_said_for_all = origin == Origin::CrtStore && now.is_empty();
    if !updates_alike && !is_said_for_all {
        return Err(Difference::Value("ocsp-update"));
    }
    match (origin, now.is_empty()) {
        (Origin::Name | Origin::CrtStore, true) => return Ok(()),
        (Origin::Name, false) => return Err(Difference::NoneBefore),
        (Origin::CrtList, true) => return Err(Difference::NoneNow),
        (Origin::CrtList | Origin::CrtStore, false) => {}
    }
    let values = [
        ("key", before.key == now.key),
        ("ocsp", before.ocsp == now.ocsp),
        ("issuer", before.issuer == now.issuer),
        ("sctl", before.sctl == now.sctl),
        ("jwt", before.is_for_tokens == now.is_for_tokens),
    ];
    match values.into_iter().find(|(_, is_same)| !is_same) {
        Some((name, _)) => Err(Difference::Value(name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &[(&str, &str)]) -> StoreOptions {
        let mut options = StoreOptions::default();
        words.iter().for_each(|(keyword, value)| options.set(keyword, value).unwrap());
        options
    }

    #[test]
    fn words_have_one_value_each() {
        let mut read = options(&[("crt", "a"), ("key", "b"), ("alias", "c"), ("ocsp-update", "off")]);
        assert_eq!((read.key.as_deref(), read.ocsp_update), (Some("b"), OcspUpdate::Off));
        assert!(read.set("ocsp-update", "perhaps").is_err());
        assert!(read.set("colour", "red").is_err());
        assert!(read.set("key", "").is_err());
        for keyword in StoreOptions::KEYWORDS {
            assert!(StoreOptions::default().set(keyword, "on").is_ok());
        }
    }

    #[test]
    fn uses_go_together_as_in_the_manual() {
        let (none, key, other) =
            (StoreOptions::default(), options(&[("key", "k")]), options(&[("key", "l")]));
        let check = |origin, before, now| compatible((origin, before), now, OcspUpdate::Off);
        assert_eq!(check(Origin::Name, &none, &none), Ok(()));
        assert_eq!(check(Origin::Name, &none, &key), Err(Difference::NoneBefore));
        assert_eq!(check(Origin::CrtList, &key, &none), Err(Difference::NoneNow));
        assert_eq!(check(Origin::CrtList, &key, &key), Ok(()));
        assert_eq!(check(Origin::CrtList, &key, &other), Err(Difference::Value("key")));
        assert_eq!(check(Origin::CrtStore, &key, &none), Ok(()));
        assert_eq!(check(Origin::CrtStore, &key, &other), Err(Difference::Value("key")));
        let on = options(&[("key", "k"), ("ocsp-update", "on")]);
        let off = options(&[("key", "k"), ("ocsp-update", "off")]);
        assert_eq!(check(Origin::CrtStore, &key, &on), Err(Difference::Value("ocsp-update")));
        assert_eq!(check(Origin::CrtStore, &key, &off), Ok(()));
        assert_eq!(compatible((Origin::CrtStore, &key), &on, OcspUpdate::On), Ok(()));
    }
}

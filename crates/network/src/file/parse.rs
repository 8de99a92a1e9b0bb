//! From lines to sections: words, their number and form. What lines say together is the matter of `check`.

use std::net::IpAddr;

use diag::{Diagnostic, Diagnostics, FileId, Span, nearest};

use super::lines::{Word, join, lines};
use super::{Auto, Device, NetworkFile, Placed, RouteLine};
use crate::prefix::{Family, Prefix, PrefixError};

/// The words that may begin a line of a section.
const WORDS: &[&str] = &["auto", "ip", "mtu"];

/// RFC 791: every link carries at least this much.
const MTU_MIN: u32 = 68;
/// What the length of an IPv4 packet can say.
const MTU_MAX: u32 = 65_535;
/// `IFNAMSIZ` less its final zero.
const NAME_BYTES_MAX: usize = 15;

struct Parser<'d> {
    file: NetworkFile,
    /// Whether the lines belong to the last device, or to a section that was refused.
    is_inside: bool,
    diags: &'d mut Diagnostics,
}

pub(super) fn parse(id: FileId, text: &[u8], diags: &mut Diagnostics) -> NetworkFile {
    let mut parser = Parser { file: NetworkFile::default(), is_inside: false, diags };
    let mut has_section = false;
    for line in lines(id, text) {
        if line[0].text == "service" {
            has_section = true;
            parser.section(&line);
        } else if !has_section {
            has_section = true;
            let problem = Diagnostic::error("a `service network DEVICE` line must come before any other");
            parser.diags.push(spelled(problem, line[0], ["service"].into_iter()));
        } else if parser.is_inside {
            parser.line(&line);
        }
    }
    parser.file
}

/// A problem with one word, and the word that was probably meant.
fn spelled<'a>(problem: Diagnostic, word: Word<'_>, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let problem = problem.at(word.span);
    match nearest(word.text, known) {
        Some(guess) => problem.suggest(guess),
        None => problem,
    }
}

impl Parser<'_> {
    fn error(&mut self, span: Span, text: impl Into<String>) {
        self.diags.push(Diagnostic::error(text).at(span));
    }

    /// `service network DEVICE`.
    fn section(&mut self, line: &[Word<'_>]) {
        self.is_inside = false;
        let [_, kind, rest @ ..] = line else {
            return self.error(line[0].span, "`service` needs `network` and the name of a device behind it");
        };
        if kind.text != "network" {
            let problem = Diagnostic::error(format!(
                "`{}` is another service: only `service network DEVICE` belongs here",
                kind.text
            ));
            return self.diags.push(spelled(problem, *kind, ["network"].into_iter()));
        }
        let [name, rest @ ..] = rest else {
            return self.error(kind.span, "the name of a device is missing behind `network`");
        };
        self.nothing_more(rest);
        let is_name = (1..=NAME_BYTES_MAX).contains(&name.text.len())
            && !name.text.contains(['/', ':'])
            && !matches!(name.text, "." | "..");
        if !is_name {
            return self.error(name.span, format!("`{}` cannot be the name of a device", name.text));
        }
        self.is_inside = true;
        self.file.devices.push(Device {
            name: Placed { value: name.text.to_owned(), span: name.span },
            auto: Auto::default(),
            mtu: None,
            addresses: Vec::new(),
            routes: Vec::new(),
        });
    }

    /// One line of a section.
    fn line(&mut self, line: &[Word<'_>]) {
        let (word, rest) = (line[0], &line[1..]);
        match word.text {
            "auto" => self.auto(word, rest),
            "mtu" => self.mtu(word, rest),
            "ip" => self.ip(word, rest),
            text if is_vlan_or_bonding(text) => {
                let kind = if text.starts_with("vlan") { "VLANs are" } else { "bonding is" };
                let text = format!("`{text}`: {kind} not supported");
                let note = "make the device with `ip link`, and name it in a section of its own";
                self.diags.push(Diagnostic::error(text).at(word.span).note(note));
            }
            text => {
                let problem = Diagnostic::error(format!("unknown word `{text}`"));
                self.diags.push(spelled(problem, word, WORDS.iter().copied()));
            }
        }
    }

    fn auto(&mut self, word: Word<'_>, rest: &[Word<'_>]) {
        let [state, rest @ ..] = rest else {
            return self.error(word.span, "`auto` needs `on` or `off` behind it");
        };
        let auto = match state.text {
            "on" => Auto::On,
            "off" => Auto::Off,
            text => return self.error(state.span, format!("`auto` is `on` or `off`, not `{text}`")),
        };
        self.nothing_more(rest);
        if let Some(device) = self.file.devices.last_mut() {
            device.auto = auto;
        }
    }

    fn mtu(&mut self, word: Word<'_>, rest: &[Word<'_>]) {
        let [size, rest @ ..] = rest else {
            return self.error(word.span, "`mtu` needs a number of bytes behind it");
        };
        let Some(mtu) = number(size.text).filter(|mtu| (MTU_MIN..=MTU_MAX).contains(mtu)) else {
            let text = format!("`mtu` is a number of bytes from {MTU_MIN} to {MTU_MAX}, not `{}`", size.text);
            return self.error(size.span, text);
        };
        self.nothing_more(rest);
        if let Some(device) = self.file.devices.last_mut() {
            device.mtu = Some(mtu);
        }
    }

    fn ip(&mut self, word: Word<'_>, rest: &[Word<'_>]) {
        match rest {
            [] => self.error(word.span, "`ip` needs `address` or `route` behind it"),
            [kind, rest @ ..] if kind.text == "address" => self.address(*kind, rest),
            [kind, rest @ ..] if kind.text == "route" => self.route(*kind, rest),
            [kind, ..] => {
                let problem = Diagnostic::error(format!("unknown word `{}` behind `ip`", kind.text));
                self.diags.push(spelled(problem, *kind, ["address", "route"].into_iter()));
            }
        }
    }

    /// `ip address ADDRESS/LENGTH`.
    fn address(&mut self, kind: Word<'_>, rest: &[Word<'_>]) {
        let [word, rest @ ..] = rest else {
            return self.error(kind.span, "`ip address` needs an address with its prefix length behind it");
        };
        let prefix = match Prefix::parse(word.text) {
            Ok(prefix) => prefix,
            Err(error) => return self.bad_prefix(*word, error),
        };
        self.nothing_more(rest);
        if let Some(device) = self.file.devices.last_mut() {
            device.addresses.push(Placed { value: prefix, span: word.span });
        }
    }

    /// `ip route NETWORK/LENGTH|default GATEWAY [metric N]`.
    fn route(&mut self, kind: Word<'_>, rest: &[Word<'_>]) {
        let [destination, gateway, rest @ ..] = rest else {
            let text = "`ip route` needs a network or `default`, and a gateway, behind it";
            return self.error(kind.span, text);
        };
        let found: Option<IpAddr> = gateway.text.parse().ok();
        let Some(address) = found else {
            return self.error(gateway.span, format!("`{}` is no address of a gateway", gateway.text));
        };
        let network = if destination.text == "default" {
            Family::of(address).everything()
        } else {
            match Prefix::parse(destination.text) {
                Ok(prefix) => prefix,
                Err(error) => return self.bad_prefix(*destination, error),
            }
        };
        let Some((metric, more)) = self.metric(rest) else { return };
        self.nothing_more(more);
        let metric_words = &rest[..rest.len() - more.len()];
        let span = join(destination.span, metric_words.last().unwrap_or(gateway).span);
        let line = RouteLine { destination: network, gateway: address, metric };
        if let Some(device) = self.file.devices.last_mut() {
            device.routes.push(Placed { value: line, span });
        }
    }

    /// `[metric N]`, and what stands behind it; `None` when it is wrong.
    fn metric<'w, 't>(&mut self, rest: &'w [Word<'t>]) -> Option<(Option<u32>, &'w [Word<'t>])> {
        match rest {
            [] => Some((None, rest)),
            [word] if word.text == "metric" => {
                self.error(word.span, "`metric` needs a number behind it");
                None
            }
            [word, value, rest @ ..] if word.text == "metric" => match number(value.text) {
                Some(metric) => Some((Some(metric), rest)),
                None => {
                    let text = format!("`metric` is a number from 0 to {}, not `{}`", u32::MAX, value.text);
                    self.error(value.span, text);
                    None
                }
            },
            [word, ..] => {
                let problem = Diagnostic::error(format!("unknown word `{}` behind a route", word.text));
                self.diags.push(spelled(problem, *word, ["metric"].into_iter()));
                None
            }
        }
    }

    fn bad_prefix(&mut self, word: Word<'_>, error: PrefixError) {
        let problem = Diagnostic::error(format!("`{}` {error}", word.text)).at(word.span);
        self.diags.push(match error {
            PrefixError::NoLength if word.text.contains(':') => problem.suggest(format!("{}/64", word.text)),
            PrefixError::NoLength => problem.suggest(format!("{}/24", word.text)),
            PrefixError::Address | PrefixError::Length(_) => problem,
        });
    }

    fn nothing_more(&mut self, rest: &[Word<'_>]) {
        if let [first, ..] = rest {
            self.error(first.span, format!("unexpected word `{}`", first.text));
        }
    }
}

/// Digits only: no sign, no unit.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The appliance's words for devices that are made of others.
fn is_vlan_or_bonding(text: &str) -> bool {
    ["vlan", "bond", "slave"].iter().any(|word| text.starts_with(word)) || matches!(text, "lacp" | "enslave")
}

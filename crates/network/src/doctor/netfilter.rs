//! What the packet filter does with packets of connections that are open here: rules of iptables as iptables-save(8)
//! prints them, and rules of nft(8) as its JSON has them (libnftables-json(5)).

use serde_json::Value;

use crate::prefix::Family;

/// The rules as the programs told them.
#[derive(Clone, Debug, Default)]
pub struct Netfilter {
    /// The mangle table of IPv4 from each variant of iptables-save that is there; `Err`: why it cannot be known.
    pub v4: Vec<Result<String, String>>,
    /// The same of IPv6.
    pub v6: Vec<Result<String, String>>,
    /// What `nft -j list ruleset` told, where it is there.
    pub nft: Option<Value>,
}

/// How far the rules go that keep packets of open connections here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Divert {
    /// The chain that does it.
    pub(super) chain: String,
    /// Whether that chain is there.
    pub(super) has_chain: bool,
    /// Whether packets of open sockets go to it.
    pub(super) has_jump: bool,
    /// The mark that they get.
    pub(super) mark: Option<u32>,
    /// Whether they are let in then.
    pub(super) accepts: bool,
}

impl Default for Divert {
    fn default() -> Self {
        Self { chain: "DIVERT".to_owned(), has_chain: false, has_jump: false, mark: None, accepts: false }
    }
}

impl Divert {
    const fn parts(&self) -> usize {
        self.has_chain as usize
            + self.has_jump as usize
            + self.mark.is_some() as usize
            + self.accepts as usize
    }
}

impl Netfilter {
    const fn saved(&self, family: Family) -> &Vec<Result<String, String>> {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// The rules of iptables that come nearest to what is needed.
    pub(super) fn divert(&self, family: Family) -> Divert {
        let texts = self.saved(family).iter().flatten();
        texts.map(|text| divert(text)).max_by_key(Divert::parts).unwrap_or_default()
    }

    /// The mark of a rule of nft that does all of it at once.
    pub(super) fn nft_mark(&self, family: Family) -> Option<u32> {
        nft_rules(self.nft.as_ref()?, family).find_map(marks_open_sockets)
    }

    /// Whether something leads connections to this port (TPROXY).
    pub(super) fn leads_to(&self, family: Family, port: u16) -> bool {
        let is_led = |text: &String| text.lines().any(|line| is_tproxy(line, port));
        self.saved(family).iter().flatten().any(is_led)
            || self
                .nft
                .as_ref()
                .is_some_and(|nft| nft_rules(nft, family).any(|rule| nft_leads_to(rule, port)))
    }

    /// Why the rules of iptables cannot be known, if none of its variants told them.
    pub(super) fn trouble(&self, family: Family) -> Option<&str> {
        let saved = self.saved(family);
        if saved.iter().any(Result::is_ok) {
            return None;
        }
        Some(
            saved
                .iter()
                .find_map(|one| one.as_ref().err())
                .map_or("iptables is not installed", String::as_str),
        )
    }
}

/// The value behind an option.
fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().position(|word| *word == name).and_then(|at| words.get(at + 1)).copied()
}

/// The rules of a chain, as words behind its name.
fn rules<'a>(text: &'a str, chain: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    text.lines().filter_map(move |line| {
        let rest = line.strip_prefix("-A ")?.strip_prefix(chain)?.strip_prefix(' ')?;
        Some(rest.split_whitespace().collect())
    })
}

fn divert(text: &str) -> Divert {
    let mut found = Divert::default();
    let is_for_sockets = |words: &Vec<&str>| {
        option(words, "-m") == Some("socket") || words.windows(2).any(|pair| pair == ["-m", "socket"])
    };
    let is_tcp = |words: &Vec<&str>| matches!(option(words, "-p"), None | Some("tcp" | "6"));
    let taken: Vec<Vec<&str>> =
        rules(text, "PREROUTING").filter(|words| is_for_sockets(words) && is_tcp(words)).collect();
    let target = taken.iter().find_map(|words| {
        option(words, "-j").or(option(words, "-g")).filter(|target| !matches!(*target, "MARK" | "ACCEPT"))
    });
    if let Some(chain) = target {
        chain.clone_into(&mut found.chain);
        found.has_jump = true;
    } else if let Some(mark) = taken.iter().find_map(|words| mark(words)) {
        // Without a chain of its own: the first rule marks, another one lets in, or the rest of the table does.
        return Divert {
            chain: "PREROUTING".to_owned(),
            has_chain: true,
            has_jump: true,
            mark: Some(mark),
            accepts: true,
        };
    }
    let declared = format!(":{} ", found.chain);
    found.has_chain = text.lines().any(|line| line.starts_with(&declared));
    for words in rules(text, &found.chain) {
        if option(&words, "-j") == Some("ACCEPT") {
            found.accepts = true;
            // What comes behind it sees no packet.
            break;
        }
        found.mark = found.mark.or_else(|| mark(&words));
    }
    found
}

/// The mark that a rule sets: `--set-xmark 0x1/0xffffffff` or `--set-mark 1`.
fn mark(words: &[&str]) -> Option<u32> {
    if option(words, "-j") != Some("MARK") {
        return None;
    }
    let value = option(words, "--set-xmark").or_else(|| option(words, "--set-mark"))?;
    number(value.split('/').next()?)
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn is_tproxy(line: &str, port: u16) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_port = |name: &str| option(&words, name).and_then(|text| text.parse().ok());
    option(&words, "-j") == Some("TPROXY")
        && match is_port("--on-port") {
            Some(0) | None => is_port("--dport") == Some(port),
            Some(led) => led == port,
        }
}

/// The expressions of all rules that see packets of a family before they are routed.
fn nft_rules(ruleset: &Value, family: Family) -> impl Iterator<Item = &[Value]> {
    let items = ruleset["nftables"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_early = move |rule: &Value| {
        items.iter().map(|item| &item["chain"]).any(|chain| {
            chain["hook"] == "prerouting"
                && chain["name"] == rule["chain"]
                && chain["table"] == rule["table"]
                && chain["family"] == rule["family"]
        })
    };
    let own = match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    };
    items
        .iter()
        .map(|item| &item["rule"])
        .filter(move |rule| (rule["family"] == own || rule["family"] == "inet") && is_early(rule))
        .filter_map(|rule| rule["expr"].as_array().map(Vec::as_slice))
}

/// `socket transparent 1 meta mark set 1 accept`: the mark.
fn marks_open_sockets(rule: &[Value]) -> Option<u32> {
    let is_for_sockets = rule.iter().any(|expr| !expr["match"]["left"]["socket"].is_null());
    let mark = rule.iter().find_map(|expr| {
        let mangle = &expr["mangle"];
        let is_mark = mangle["key"]["meta"]["key"] == "mark";
        mangle["value"].as_u64().filter(|_| is_mark).and_then(|mark| u32::try_from(mark).ok())
    });
    let accepts = rule.iter().any(|expr| expr.get("accept").is_some());
    mark.filter(|_| is_for_sockets && accepts)
}

fn nft_leads_to(rule: &[Value], port: u16) -> bool {
    rule.iter().any(|expr| expr["tproxy"]["port"] == port)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = "# Generated\n*mangle\n:PREROUTING ACCEPT [0:0]\n:DIVERT - [0:0]\n\
        -A PREROUTING -p tcp -m socket -j DIVERT\n-A DIVERT -j MARK --set-xmark 0x1/0xffffffff\n\
        -A DIVERT -j ACCEPT\nCOMMIT\n";

    fn saved(text: &str) -> Netfilter {
        Netfilter { v4: vec![Ok(text.to_owned())], ..Netfilter::default() }
    }

    #[test]
    fn the_usual_rules() {
        let divert = saved(FULL).divert(Family::V4);
        assert_eq!(
            divert,
            Divert {
                chain: "DIVERT".to_owned(),
                has_chain: true,
                has_jump: true,
                mark: Some(1),
                accepts: true
            }
        );
        assert_eq!(saved(FULL).divert(Family::V6), Divert::default());
        assert_eq!(saved("*mangle\nCOMMIT\n").divert(Family::V4), Divert::default());
    }

    #[test]
    fn other_names_and_marks() {
        let text =
            FULL.replace("DIVERT", "KEEP").replace("0x1/", "0x2a/").replace("socket", "socket --transparent");
        let divert = saved(&text).divert(Family::V4);
        assert_eq!((divert.chain.as_str(), divert.mark, divert.accepts), ("KEEP", Some(42), true));
    }

    #[test]
    fn a_mark_behind_the_end_does_not_count() {
        let text = ":DIVERT - [0:0]\n-A DIVERT -j ACCEPT\n-A DIVERT -j MARK --set-xmark 0x1/0xffffffff\n";
        let divert = saved(text).divert(Family::V4);
        assert_eq!(
            (divert.has_chain, divert.has_jump, divert.mark, divert.accepts),
            (true, false, None, true)
        );
    }

    #[test]
    fn rules_of_other_protocols_do_not_count() {
        let text = FULL.replace("-p tcp", "-p udp");
        assert!(!saved(&text).divert(Family::V4).has_jump);
    }

    #[test]
    fn the_best_variant_counts() {
        let both = Netfilter {
            v4: vec![Ok("*mangle\n".to_owned()), Ok(FULL.to_owned()), Err("no".to_owned())],
            ..Netfilter::default()
        };
        assert_eq!(both.divert(Family::V4).mark, Some(1));
        assert_eq!(both.trouble(Family::V4), None);
        assert_eq!(both.trouble(Family::V6), Some("iptables is not installed"));
        let refused = Netfilter { v4: vec![Err("Permission denied".to_owned())], ..Netfilter::default() };
        assert_eq!(refused.trouble(Family::V4), Some("Permission denied"));
    }

    #[test]
    fn led_to_a_port() {
        let text = "-A PREROUTING -p tcp -m tcp --dport 80 -j TPROXY --on-port 8080 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1\n\
            -A PREROUTING -p tcp -m tcp --dport 443 -j TPROXY --on-port 0 --tproxy-mark 0x1/0x1\n";
        let netfilter = saved(text);
        assert!(netfilter.leads_to(Family::V4, 8080) && netfilter.leads_to(Family::V4, 443));
        assert!(!netfilter.leads_to(Family::V4, 80) && !netfilter.leads_to(Family::V6, 443));
    }

    #[test]
    fn rules_of_nft() {
        let ruleset = r#"{"nftables": [
            {"metainfo": {"version": "1.0.6"}},
            {"table": {"family": "inet", "name": "t"}},
            {"chain": {"family": "inet", "table": "t", "name": "pre", "type": "filter", "hook": "prerouting", "prio": -150}},
            {"chain": {"family": "inet", "table": "t", "name": "other"}},
            {"rule": {"family": "inet", "table": "t", "chain": "CHAIN", "expr": [
                {"match": {"op": "==", "left": {"socket": {"key": "transparent"}}, "right": 1}},
                {"mangle": {"key": {"meta": {"key": "mark"}}, "value": 7}},
                {"accept": null}]}},
            {"rule": {"family": "inet", "table": "t", "chain": "pre", "expr": [{"tproxy": {"family": "ip", "port": 80}}]}}
        ]}"#;
        let parsed = |chain| Netfilter {
            nft: serde_json::from_str(&ruleset.replace("CHAIN", chain)).ok(),
            ..Netfilter::default()
        };
        assert_eq!(parsed("pre").nft_mark(Family::V4), Some(7));
        assert_eq!(parsed("pre").nft_mark(Family::V6), Some(7));
        assert_eq!(parsed("other").nft_mark(Family::V4), None);
        assert!(parsed("pre").leads_to(Family::V4, 80) && !parsed("pre").leads_to(Family::V4, 81));
        assert_eq!(Netfilter::default().nft_mark(Family::V4), None);
    }
}

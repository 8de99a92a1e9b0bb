//! What the kernel was built with.

use super::{Facts, Finding, Topic};
use crate::prefix::Family;

/// An option of the kernel, and what stands for it.
struct Wanted {
    option: &'static str,
    /// Does the same for rules of nft.
    or: Option<&'static str>,
    /// The name that netfilter shows when it is loaded.
    module: Option<&'static str>,
    why: &'static str,
    command: &'static str,
}

const SOCKET: Wanted = Wanted {
    option: "CONFIG_NETFILTER_XT_MATCH_SOCKET",
    or: Some("CONFIG_NFT_SOCKET"),
    module: Some("socket"),
    why: "the packet filter must be able to tell packets of connections that are open here",
    command: "modprobe xt_socket",
};
const TPROXY: Wanted = Wanted {
    option: "CONFIG_NETFILTER_XT_TARGET_TPROXY",
    or: Some("CONFIG_NFT_TPROXY"),
    module: Some("TPROXY"),
    why: "the packet filter must be able to lead connections for others to a port here",
    command: "modprobe xt_TPROXY",
};
const TABLES_V4: Wanted = Wanted {
    option: "CONFIG_IP_MULTIPLE_TABLES",
    or: None,
    module: None,
    why: "marked packets need a routing table of their own",
    command: "# no command helps: a kernel built with CONFIG_IP_MULTIPLE_TABLES=y is needed",
};
const TABLES_V6: Wanted = Wanted {
    option: "CONFIG_IPV6_MULTIPLE_TABLES",
    command: "# no command helps: a kernel built with CONFIG_IPV6_MULTIPLE_TABLES=y is needed",
    ..TABLES_V4
};

/// The options that transparency needs.
pub(super) fn findings(families: &[Family], facts: &Facts) -> Vec<Finding> {
    let tables = families.iter().map(|family| match family {
        Family::V4 => TABLES_V4,
        Family::V6 => TABLES_V6,
    });
    [SOCKET, TPROXY].into_iter().chain(tables).map(|wanted| finding(&wanted, facts)).collect()
}

fn finding(wanted: &Wanted, facts: &Facts) -> Finding {
    let Wanted { option, or, module, why, command } = *wanted;
    let is_loaded = module.is_some_and(|module| facts.netfilter_modules.contains(module));
    // A machine that has policy rules has them, whatever is known of its kernel.
    let shows = is_loaded || (module.is_none() && !facts.rules.is_empty());
    let built = facts
        .kernel_options
        .as_ref()
        .map(|options| options.contains(option) || or.is_some_and(|other| options.contains(other)));
    let what = match (built, shows) {
        (Some(true), _) => format!("the kernel has {option}"),
        (_, true) => format!("the kernel does what {option} is for"),
        (Some(false), false) => format!("the kernel has no {option}"),
        (None, false) => {
            format!("whether the kernel has {option} cannot be told: its configuration is not to be found")
        }
    };
    Finding::judged(built == Some(true) || shows, Topic::Transparent, &what, why, command)
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::testing::facts;
    use super::*;

    fn states(facts: &Facts, families: &[Family]) -> Vec<State> {
        findings(families, facts).iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn built_loaded_or_unknown() {
        let mut facts = facts();
        assert_eq!(states(&facts, &[Family::V4, Family::V6]), [State::Ok; 4]);
        facts.kernel_options = Some(["CONFIG_NFT_SOCKET".to_owned()].into());
        assert_eq!(states(&facts, &[Family::V4]), [State::Ok, State::Missing, State::Missing]);
        facts.kernel_options = None;
        facts.netfilter_modules = ["TPROXY".to_owned()].into();
        let found = findings(&[Family::V4], &facts);
        assert_eq!(found[0].commands, ["modprobe xt_socket"]);
        assert_eq!(found[1].state, State::Ok);
        assert!(found[2].commands[0].starts_with("# "));
    }
}

//! Open files, queues of connections, ports to connect from.

use super::{Facts, Finding, Needs, Topic};

/// Ports that a machine can connect from at most: those that no service has a right to.
const PORTS_MAX: u64 = 64_512;
/// What every proxy should be able to do, for want of a configuration.
const BACKLOG_USUAL: u32 = 1_024;
const FILES_USUAL: u64 = 4_096;

pub(super) fn findings(needs: &Needs, facts: &Facts) -> Vec<Finding> {
    let mut findings = files(needs, facts);
    findings.push(backlog(needs, facts));
    findings.push(ports(needs, facts));
    findings
}

fn files(needs: &Needs, facts: &Facts) -> Vec<Finding> {
    let wanted = needs.files.unwrap_or(FILES_USUAL);
    let why = match needs.connections {
        Some(maxconn) => format!("`maxconn` {maxconn} needs {wanted}: a connection has two sides"),
        None => format!("{wanted} are enough to begin with: a connection has two sides"),
    };
    let (_, hard) = facts.files;
    let limit = |name: &str| facts.sysctl_number(name).unwrap_or(u64::MAX);
    vec![
        Finding::judged(
            limit("fs.file-max") >= wanted,
            Topic::Limits,
            &format!("all programs together may open {} files", limit("fs.file-max")),
            &why,
            format!("sysctl -w fs.file-max={wanted}"),
        ),
        Finding::judged(
            limit("fs.nr_open") >= wanted,
            Topic::Limits,
            &format!("one program may open {} files at most", limit("fs.nr_open")),
            &why,
            format!("sysctl -w fs.nr_open={wanted}"),
        ),
        Finding::judged(
            hard >= wanted,
            Topic::Limits,
            &format!("this process may open {hard} files (ulimit -Hn)"),
            &why,
            // A shell's limit ends with it: it belongs where the proxy is started.
            format!("ulimit -Hn {wanted} # for a service: LimitNOFILE={wanted} in its unit"),
        ),
    ]
}

fn backlog(needs: &Needs, facts: &Facts) -> Finding {
    let longest = needs.binds.iter().max_by_key(|bind| bind.backlog);
    let wanted = longest.map_or(BACKLOG_USUAL, |bind| bind.backlog);
    let now = facts.sysctl_number("net.core.somaxconn").unwrap_or(0);
    let why = match longest {
        Some(bind) => {
            format!("{} lets {wanted} connections wait, and the kernel cuts that to it", bind.place)
        }
        None => format!("at least {wanted} connections should be able to wait to be accepted"),
    };
    Finding::judged(
        now >= u64::from(wanted),
        Topic::Limits,
        &format!("net.core.somaxconn is {now}"),
        &why,
        format!("sysctl -w net.core.somaxconn={wanted}"),
    )
}

fn ports(needs: &Needs, facts: &Facts) -> Finding {
    let text = facts.sysctl("net.ipv4.ip_local_port_range").unwrap_or_default();
    let mut ends = text.split_whitespace().filter_map(|end| end.parse::<u64>().ok());
    let (first, last) = (ends.next().unwrap_or(0), ends.next().unwrap_or(0));
    let count = if last > first { last - first + 1 } else { 0 };
    let what = format!("{count} ports to connect from (net.ipv4.ip_local_port_range is {first} {last})");
    let Some((wanted, backend)) = &needs.to_one_server else {
        let why = "each connection to one server needs a port of its own";
        return Finding::judged(count >= 10_000, Topic::Limits, &what, why, widest());
    };
    let why = format!("`{backend}` may have {wanted} connections to one server, each with a port of its own");
    let is_enough = count >= u64::from(*wanted);
    let help = if count >= PORTS_MAX {
        format!("# more servers or ports in `{backend}`, or `source` with several addresses")
    } else {
        widest()
    };
    Finding::judged(is_enough, Topic::Limits, &what, &why, help)
}

fn widest() -> String {
    "sysctl -w net.ipv4.ip_local_port_range='1024 65535'".to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{facts, missing};
    use super::super::{BindNeed, Scope};
    use super::*;

    #[test]
    fn the_general_list() {
        let mut facts = facts();
        assert_eq!(missing(&findings(&Needs::default(), &facts)), [""; 0]);
        facts.files = (1024, 1024);
        facts.sysctls.insert("net.core.somaxconn".to_owned(), "128".to_owned());
        facts.sysctls.insert("net.ipv4.ip_local_port_range".to_owned(), "60000 60999".to_owned());
        assert_eq!(
            missing(&findings(&Needs::default(), &facts)),
            [
                "ulimit -Hn 4096 # for a service: LimitNOFILE=4096 in its unit",
                "sysctl -w net.core.somaxconn=1024",
                "sysctl -w net.ipv4.ip_local_port_range='1024 65535'",
            ]
        );
    }

    #[test]
    fn what_a_configuration_needs() {
        let bind = |backlog| BindNeed {
            place: "a.cfg:3".to_owned(),
            address: "10.0.0.2:80".parse().unwrap(),
            interface: None,
            is_foreign: false,
            backlog,
        };
        let needs = Needs {
            scope: Scope::Configuration,
            binds: vec![bind(100), bind(10_000)],
            connections: Some(1_000_000),
            files: Some(2_000_100),
            to_one_server: Some((40_000, "app".to_owned())),
            ..Needs::default()
        };
        assert_eq!(
            missing(&findings(&needs, &facts())),
            [
                "sysctl -w fs.nr_open=2000100",
                "ulimit -Hn 2000100 # for a service: LimitNOFILE=2000100 in its unit",
                "sysctl -w net.core.somaxconn=10000",
                "sysctl -w net.ipv4.ip_local_port_range='1024 65535'",
            ]
        );
    }

    #[test]
    fn more_ports_than_there_are() {
        let mut facts = facts();
        facts.sysctls.insert("net.ipv4.ip_local_port_range".to_owned(), "1024 65535".to_owned());
        let needs = Needs { to_one_server: Some((100_000, "app".to_owned())), ..Needs::default() };
        assert_eq!(
            missing(&findings(&needs, &facts)),
            ["# more servers or ports in `app`, or `source` with several addresses"]
        );
    }
}

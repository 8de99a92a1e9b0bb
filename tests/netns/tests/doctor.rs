//! What a machine lacks for a configuration, before and after the printed commands were run.

use std::path::Path;

use lockgate_netns_tests::{Case, Finished, Netns, Origin, Seen, cases, get, lockgate, veth};
use tempfile::TempDir;

pub(crate) static CASES: &[Case] = cases![
    the_general_list_before_and_after_its_own_commands,
    a_configuration_of_ipv6_before_and_after,
    the_commands_are_enough_for_transparent_proxying,
    it_changes_nothing,
    rules_of_nft_count_as_well,
    half_of_the_rules,
    interfaces_addresses_and_ports,
    keys_that_others_can_read,
    limits_of_a_configuration,
    json_says_the_same,
    without_the_privilege_that_is_missing,
];

const DEFAULTS: &str = "
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
";

/// The form that administrators know.
const COMMANDS: [&str; 8] = [
    "sysctl -w net.ipv4.ip_forward=1",
    "sysctl -w net.ipv4.ip_nonlocal_bind=1",
    "iptables -t mangle -N DIVERT",
    "iptables -t mangle -A PREROUTING -p tcp -m socket -j DIVERT",
    "iptables -t mangle -A DIVERT -j MARK --set-mark 1",
    "iptables -t mangle -A DIVERT -j ACCEPT",
    "ip rule add fwmark 1 lookup 100",
    "ip route add local 0.0.0.0/0 dev lo table 100",
];

/// A machine to be examined, and a directory with its configuration.
struct Patient {
    inside: Netns,
    directory: TempDir,
}

impl Patient {
    fn new(purpose: &str, config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("lb.cfg"), config).expect("the directory can be written");
        Self { inside: Netns::new(purpose), directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs `lockgate doctor` with these words; it must end with 0 or 1.
    fn doctor(&self, words: &str) -> Finished {
        let words: Vec<&str> = std::iter::once("doctor").chain(words.split_whitespace()).collect();
        let finished = lockgate::run(&self.inside, &words, self.path());
        assert!(matches!(finished.status.code(), Some(0 | 1)), "{}{}", finished.stdout, finished.stderr);
        finished
    }

    /// The commands of what is missing; something is.
    fn missing(&self, words: &str) -> Vec<String> {
        let Finished { status, stdout, .. } = self.doctor(words);
        assert_eq!(status.code(), Some(1), "{stdout}");
        assert!(stdout.lines().any(|line| line.starts_with("missing ")), "{stdout}");
        let is_command = |line: &&str| !line.starts_with("missing ") && !line.starts_with("ok ");
        stdout.lines().filter(is_command).map(str::to_owned).collect()
    }

    /// Nothing is missing; what was said.
    fn healthy(&self, words: &str) -> String {
        let Finished { status, stdout, stderr } = self.doctor(words);
        assert!(status.success() && stdout.lines().all(|line| line.starts_with("ok ")), "{stdout}{stderr}");
        stdout
    }

    /// Everything that doctor looks at and a command might change.
    fn state(&self) -> String {
        let saved = ["iptables-save -t mangle", "ip6tables-save -t mangle", "ip rule", "ip -6 rule"]
            .map(|line| self.inside.sh(line))
            .concat();
        let rules: String =
            saved.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        let routes = self.inside.ip("route show table all") + &self.inside.ip("-6 route show table all");
        let settings =
            ["net.ipv4.ip_forward", "net.ipv4.ip_nonlocal_bind"].map(|name| self.inside.read_sysctl(name));
        rules + &routes + &settings.concat()
    }
}

fn the_general_list_before_and_after_its_own_commands() {
    let patient = Patient::new("general", "");
    let commands = patient.missing("transparent");
    assert_eq!(commands, COMMANDS);
    patient.inside.sh(&commands.join("\n"));
    let said = patient.healthy("transparent");
    assert!(said.contains("net.ipv4.ip_forward is 1"), "{said}");
}

fn a_configuration_of_ipv6_before_and_after() {
    let text = format!(
        "{DEFAULTS}
frontend web
    bind [2001:db8::80]:80 transparent
    default_backend app
backend app
    source [::] usesrc clientip
    server one [fd00::9]:80
"
    );
    let patient = Patient::new("ipv6", &text);
    let commands = patient.missing("transparent -f lb.cfg");
    assert_eq!(
        commands,
        [
            "sysctl -w net.ipv6.conf.all.forwarding=1",
            "sysctl -w net.ipv6.ip_nonlocal_bind=1",
            "ip6tables -t mangle -N DIVERT",
            "ip6tables -t mangle -A PREROUTING -p tcp -m socket -j DIVERT",
            "ip6tables -t mangle -A DIVERT -j MARK --set-mark 1",
            "ip6tables -t mangle -A DIVERT -j ACCEPT",
            "ip -6 rule add fwmark 1 lookup 100",
            "ip -6 route add local ::/0 dev lo table 100",
        ]
    );
    patient.inside.sh(&commands.join("\n"));
    patient.healthy("transparent -f lb.cfg");
    // That helps nobody with IPv4.
    assert_eq!(patient.missing("transparent"), COMMANDS);
}

/// A client asks an address that no machine has; the server sees the client's own.
fn the_commands_are_enough_for_transparent_proxying() {
    let text = format!(
        "{DEFAULTS}
frontend web
    bind 1.1.1.1:80 transparent
    default_backend app
backend app
    source 0.0.0.0 usesrc clientip
    server one 10.0.2.9:80
"
    );
    let patient = Patient::new("enough", &text);
    let (client, server) = (Netns::new("client"), Netns::new("server"));
    veth(&client, "eth0", &patient.inside, "eth1");
    veth(&server, "eth0", &patient.inside, "eth2");
    client.ip("addr add 10.0.1.9/24 dev eth0");
    client.ip("route add default via 10.0.1.2");
    patient.inside.ip("addr add 10.0.1.2/24 dev eth1");
    patient.inside.ip("addr add 10.0.2.2/24 dev eth2");
    server.ip("addr add 10.0.2.9/24 dev eth0");
    server.ip("route add default via 10.0.2.2");
    patient.inside.sh(&patient.missing("transparent -f lb.cfg").join("\n"));
    patient.healthy("transparent -f lb.cfg");
    let _origin = Origin::start(&server, "10.0.2.9:80");
    let _lockgate = lockgate::start(&patient.inside, &text);
    let seen = Seen::of(&get(&client, "1.1.1.1:80", "/"));
    assert_eq!(seen.client.ip().to_string(), "10.0.1.9");
    // The proxy's own address is no trouble to the list when it runs.
    patient.healthy("transparent -f lb.cfg");
}

fn it_changes_nothing() {
    let text = format!(
        "{DEFAULTS}\nfrontend web\n bind 1.1.1.1:80 transparent\n bind [2001:db8::1]:80 transparent\n"
    );
    let patient = Patient::new("still", &text);
    // A first look makes iptables' own tables, which then are empty.
    patient.state();
    let before = patient.state();
    for words in ["all", "all -f lb.cfg", "transparent --format json"] {
        patient.doctor(words);
        assert_eq!(patient.state(), before, "{words}");
    }
}

fn rules_of_nft_count_as_well() {
    let patient = Patient::new("nft", "");
    patient.inside.sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.ip_nonlocal_bind=1
         nft 'table ip lb { chain pre { type filter hook prerouting priority mangle; policy accept;
              socket transparent 1 meta mark set 5 accept; }; }'");
    assert_eq!(
        patient.missing("transparent"),
        ["ip rule add fwmark 5 lookup 100", "ip route add local 0.0.0.0/0 dev lo table 100"]
    );
    patient.inside.sh("ip rule add fwmark 5 lookup 7; ip route add local default dev lo table 7");
    let said = patient.healthy("transparent");
    assert!(said.contains("a rule of nft gives packets of open connections the mark 5"), "{said}");
}

fn half_of_the_rules() {
    let patient = Patient::new("half", "");
    patient.inside.sh(&COMMANDS.join("\n"));
    patient.inside.sh(
        "iptables -t mangle -D DIVERT -j MARK --set-mark 1; ip rule del fwmark 1 lookup 100; sysctl -qw net.ipv4.ip_forward=0",
    );
    let commands = patient.missing("transparent");
    assert_eq!(
        commands,
        [
            "sysctl -w net.ipv4.ip_forward=1",
            // Behind the rule that lets packets in, it would see none.
            "iptables -t mangle -I DIVERT 1 -j MARK --set-mark 1",
            "ip rule add fwmark 1 lookup 100",
        ]
    );
    patient.inside.sh(&commands.join("\n"));
    patient.healthy("transparent");
}

fn interfaces_addresses_and_ports() {
    let text = format!(
        "{DEFAULTS}
frontend web
    bind 10.0.2.3:443 interface eth2
    bind 10.0.0.3:443
    bind 10.0.0.3:81
    http-request return status 200
"
    );
    let patient = Patient::new("names", &text);
    let said = patient.missing("transparent -f lb.cfg");
    assert_eq!(
        said,
        [
            "# no command makes a device: there are lo",
            "ip address add 10.0.2.3/32 dev eth2",
            "ip address add 10.0.0.3/32 dev lo"
        ]
    );
    let other = Netns::new("other");
    for device in ["eth0", "eth2"] {
        veth(&patient.inside, device, &other, device);
    }
    patient
        .inside
        .sh("ip link set eth2 down; ip address add 10.0.0.2/24 dev eth0; ip address add 10.0.2.2/24 dev eth2
         sysctl -qw net.ipv4.conf.all.rp_filter=1");
    let commands = patient.missing("transparent -f lb.cfg");
    assert_eq!(
        commands,
        [
            "ip link set dev eth2 up",
            "sysctl -w net.ipv4.conf.eth2.rp_filter=2",
            "ip address add 10.0.2.3/24 dev eth2",
            "ip address add 10.0.0.3/24 dev eth0"
        ]
    );
    patient.inside.sh(&commands.join("\n"));
    patient.healthy("transparent -f lb.cfg");
    // Somebody is there already; the proxy itself does not count.
    let lockgate = lockgate::start(&patient.inside, &text);
    assert!(
        patient.healthy("transparent -f lb.cfg").contains("10.0.0.3:443 is taken by this program itself")
    );
    drop(lockgate);
    let _other = Origin::start(&patient.inside, "0.0.0.0:81");
    assert_eq!(
        patient.missing("transparent -f lb.cfg"),
        ["# to see who: ss -ltnp 'sport = :81'; then stop it"]
    );
}

fn keys_that_others_can_read() {
    let text = format!(
        "{DEFAULTS}\nfrontend web\n bind 127.0.0.1:8443 ssl crt demo/server.pem\n http-request return status 200\n"
    );
    let patient = Patient::new("keys", &text);
    let made = lockgate::run(&patient.inside, &["certs", "demo", "demo"], patient.path());
    assert!(made.status.success(), "{}", made.stderr);
    patient.healthy("tls -f lb.cfg");
    let demo = patient.path().join("demo/server.pem");
    let demo = demo.to_str().expect("a path of text");
    patient.inside.run("chmod", &["644", demo]);
    let commands = patient.missing("tls -f lb.cfg");
    assert_eq!(commands, ["chmod o-rwx demo/server.pem"]);
    let status =
        patient.inside.command("sh").args(["-ec", &commands.join("\n")]).current_dir(patient.path()).status();
    assert!(status.is_ok_and(|status| status.success()));
    patient.healthy("tls -f lb.cfg");
    // One that has ended.
    std::fs::copy(patient.path().join("demo/expired.pem"), demo).expect("the directory can be written");
    assert_eq!(patient.missing("tls -f lb.cfg").len(), 1);
}

fn limits_of_a_configuration() {
    let text = format!(
        "global\n maxconn 200\n{DEFAULTS}
frontend web\n bind 127.0.0.1:80 backlog 9000\n default_backend app
backend app\n server one 127.0.0.1:81\n"
    );
    let patient = Patient::new("limits", &text);
    // What a namespace has of its own, and so may be set here.
    patient
        .inside
        .sh("sysctl -qw net.core.somaxconn=128; sysctl -qw net.ipv4.ip_local_port_range='60000 60099'");
    let commands = patient.missing("limits -f lb.cfg");
    assert_eq!(
        commands,
        ["sysctl -w net.core.somaxconn=9000", "sysctl -w net.ipv4.ip_local_port_range='1024 65535'"]
    );
    patient.inside.sh(&commands.join("\n"));
    patient.healthy("limits -f lb.cfg");
}

fn json_says_the_same() {
    let patient = Patient::new("json", "");
    let Finished { status, stdout, .. } = patient.doctor("transparent --format json");
    assert_eq!(status.code(), Some(1));
    let parsed: serde_json::Value = serde_json::from_str(&stdout).expect("it is JSON");
    let findings = parsed["findings"].as_array().expect("a list");
    let commands: Vec<&str> = findings
        .iter()
        .flat_map(|finding| finding["commands"].as_array().expect("a list"))
        .filter_map(serde_json::Value::as_str)
        .collect();
    assert_eq!(commands, COMMANDS);
    assert_eq!(parsed["missing"], commands.len());
    assert!(findings.iter().all(|finding| finding["why"].as_str().is_some_and(|why| !why.is_empty())));
}

fn without_the_privilege_that_is_missing() {
    let patient = Patient::new("privilege", "");
    patient.inside.sh(&COMMANDS.join("\n"));
    let mut command = patient.inside.command("setpriv");
    command
        .args(["--bounding-set=-net_admin,-net_raw", "--inh-caps=-net_admin,-net_raw"])
        .arg(e2e::binary_path());
    let output = command.args(["doctor", "transparent"]).output().expect("setpriv starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("missing  this process has neither CAP_NET_ADMIN nor CAP_NET_RAW"), "{said}");
    assert!(said.lines().any(|line| line.starts_with("setcap cap_net_admin,")), "{said}");
    // Nor may it look at the rules, and it says so.
    assert!(said.contains("(cannot be looked at: "), "{said}");
}

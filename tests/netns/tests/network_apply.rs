//! The appliance's network file, applied to a machine made for it: first run, second run, a step that fails.

use std::net::UdpSocket;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use lockgate_netns_tests::{Case, Finished, Netns, cases, lockgate, veth};
use tempfile::TempDir;

pub(crate) static CASES: &[Case] = cases![
    the_first_run_sets_and_the_second_changes_nothing,
    the_printed_commands_do_the_same,
    a_wrong_metric_is_corrected_without_a_gap,
    metrics_that_change_places_leave_no_gap,
    a_step_that_fails_is_named_and_the_others_are_undone,
    a_device_that_is_not_there_changes_nothing,
    a_device_that_is_off_is_taken_down,
    another_prefix_length_is_corrected,
    without_the_privilege_nothing_changes,
];

const FILE: &str = "
service network eth0
    auto on
    ip   address 10.0.0.2/24
    ip   route   default 10.0.0.1
service network eth1
    auto on
    ip   address 10.0.1.2/24
    ip   address fd00:1::2/64
    ip   route   default 10.0.1.1 metric 1
    ip   route   default fd00:1::1 metric 1
    ip   route   192.168.0.0/16 10.0.1.254 metric 3
    mtu  1400
";

/// A machine with `eth0` to `eth2`, and the machine at the other ends of the wires.
struct Machine {
    inside: Netns,
    _outside: Netns,
    directory: TempDir,
}

impl Machine {
    fn new(purpose: &str) -> Self {
        let (inside, outside) = (Netns::new(purpose), Netns::new("outside"));
        for device in ["eth0", "eth1", "eth2"] {
            veth(&inside, device, &outside, device);
            inside.ip(&format!("link set {device} down"));
        }
        Self { inside, _outside: outside, directory: tempfile::tempdir().expect("a temporary directory") }
    }

    fn network(&self, task: &str, file: &str) -> Finished {
        std::fs::write(self.directory.path().join("net.cfg"), file).expect("the directory can be written");
        lockgate::run(&self.inside, &["network", task, "net.cfg"], self.directory.path())
    }

    /// What a task that succeeds prints.
    fn done(&self, task: &str, file: &str) -> String {
        let Finished { status, stdout, stderr } = self.network(task, file);
        assert!(status.success() && stderr.is_empty(), "{task}: {status}\n{stdout}\n{stderr}");
        stdout
    }

    /// What a task that fails says.
    fn refused(&self, task: &str, file: &str) -> String {
        let Finished { status, stdout, stderr } = self.network(task, file);
        assert_eq!(status.code(), Some(1), "{stdout}\n{stderr}");
        assert_eq!(stdout, "");
        stderr
    }

    /// Devices, addresses and routes. What comes and goes by itself is left out.
    fn state(&self) -> String {
        let links: String = ["eth0", "eth1", "eth2"]
            .iter()
            .map(|device| {
                let text = self.inside.ip(&format!("-o link show dev {device}"));
                let is_up = text.contains(",UP") || text.contains("<UP");
                let mtu = text.split(" mtu ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("?");
                format!("{device} {is_up} {mtu}\n")
            })
            .collect();
        let addresses = self.inside.ip("-br address show scope global");
        let v4 = self.inside.ip("route show");
        let v6 = self.inside.ip("-6 route show");
        let shown = [addresses, v4, v6].concat();
        let lines = shown.lines().map(|line| line.replace(" linkdown", "").replace("LOWERLAYERDOWN", "UP"));
        let mut lines: Vec<String> = lines
            .filter(|line| !line.contains("fe80::"))
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        lines.sort();
        links + &lines.join("\n")
    }

    fn routes(&self) -> String {
        self.inside.ip("route show default")
    }
}

fn the_first_run_sets_and_the_second_changes_nothing() {
    let machine = Machine::new("first");
    assert_eq!(machine.done("check", FILE), "");
    let planned = machine.done("plan", FILE);
    assert!(planned.lines().all(|line| line.starts_with("ip ")), "{planned}");
    assert_eq!(machine.done("apply", FILE), planned);
    let after = machine.state();
    for line in [
        "eth1 true 1400",
        "eth2 false 1500",
        "default via 10.0.0.1 dev eth0 proto static",
        "default via 10.0.1.1 dev eth1 proto static metric 1",
        "default via fd00:1::1 dev eth1 proto static metric 1 pref medium",
        "192.168.0.0/16 via 10.0.1.254 dev eth1 proto static metric 3",
        "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.2",
    ] {
        assert!(after.lines().any(|found| found == line), "no `{line}` in\n{after}");
    }
    assert!(after.contains("fd00:1::2/64"), "{after}");
    assert_eq!(machine.done("plan", FILE), "nothing to do\n");
    assert_eq!(machine.done("apply", FILE), "nothing to do\n");
    assert_eq!(machine.state(), after);
}

fn the_printed_commands_do_the_same() {
    let (typed, applied) = (Machine::new("typed"), Machine::new("applied"));
    typed.inside.sh(&typed.done("plan", FILE));
    applied.done("apply", FILE);
    assert_eq!(typed.state(), applied.state());
    assert_eq!(typed.done("plan", FILE), "nothing to do\n");
    // Again for what a change of the file asks for.
    let changed = FILE.replace("metric 1\n", "metric 9\n").replace("10.0.1.254", "10.0.1.253");
    typed.inside.sh(&typed.done("plan", &changed));
    applied.done("apply", &changed);
    assert_eq!(typed.state(), applied.state());
    assert_eq!(typed.done("plan", &changed), "nothing to do\n");
}

/// How often it was looked whether there is a way to everywhere while `work` went on, and how often there was none.
fn watched(machine: &Machine, work: impl FnOnce()) -> (usize, usize) {
    let is_over = AtomicBool::new(false);
    let has_begun = Barrier::new(2);
    let look = || {
        has_begun.wait();
        let (mut looks, mut gaps) = (0, 0);
        while !is_over.load(Ordering::Relaxed) {
            let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
            gaps += usize::from(socket.connect("192.0.2.1:9").is_err());
            looks += 1;
        }
        (looks, gaps)
    };
    thread::scope(|scope| {
        let watcher = scope.spawn(|| machine.inside.enter(look));
        has_begun.wait();
        let outcome = catch_unwind(AssertUnwindSafe(work));
        is_over.store(true, Ordering::Relaxed);
        let seen = watcher.join().unwrap_or_else(|panic| resume_unwind(panic));
        outcome.unwrap_or_else(|panic| resume_unwind(panic));
        seen
    })
}

fn a_wrong_metric_is_corrected_without_a_gap() {
    let machine = Machine::new("metric");
    let text = "service network eth1\nip address 10.0.1.2/24\nip route default 10.0.1.1 metric 1\n";
    machine.inside.sh(
        "ip link set eth1 up; ip address add 10.0.1.2/24 dev eth1; ip route add default via 10.0.1.1 metric 7",
    );
    let (looks, gaps) = watched(&machine, || {
        for metric in [1, 5, 2, 8, 3] {
            machine.done("apply", &text.replace("metric 1", &format!("metric {metric}")));
            let routes = machine.routes();
            assert_eq!(routes.lines().count(), 1, "{routes}");
            assert!(
                routes.contains(&format!("default via 10.0.1.1 dev eth1 proto static metric {metric}")),
                "{routes}"
            );
        }
    });
    assert!(looks > 100, "only {looks} looks");
    assert_eq!(gaps, 0, "of {looks}");
}

fn metrics_that_change_places_leave_no_gap() {
    let machine = Machine::new("places");
    let text = |one: u32, other: u32| {
        format!(
            "service network eth1\nip address 10.0.1.2/24\nip route default 10.0.1.1 metric {one}\n
             service network eth2\nip address 10.0.2.2/24\nip route default 10.0.2.1 metric {other}\n"
        )
    };
    machine.done("apply", &text(1, 2));
    let (_, gaps) = watched(&machine, || {
        for (one, other) in [(2, 1), (1, 2), (2, 3), (1, 2)] {
            machine.done("apply", &text(one, other));
            assert_eq!(machine.done("plan", &text(one, other)), "nothing to do\n");
            assert_eq!(machine.routes().lines().count(), 2);
        }
    });
    assert_eq!(gaps, 0);
}

/// A machine in use, and a file that changes all of it; its last route has a gateway that is this machine itself,
/// which only the kernel notices.
fn in_use(purpose: &str) -> Machine {
    let machine = Machine::new(purpose);
    machine.inside.sh(
        "ip link set eth1 up; ip address add 10.0.1.2/16 dev eth1; ip address add 10.0.7.7/16 dev eth1
         ip route add default via 10.0.1.1 dev eth1 metric 7
         ip -6 address add fd00:1::2/48 dev eth1 nodad; ip -6 route add default via fd00:1::1 dev eth1 metric 4
         ip link set eth2 up; ip address add 10.2.0.2/24 dev eth2; ip route add 10.77.0.0/16 via 10.2.0.1 src 10.2.0.2
         ip -6 address add fd00:2::2/64 dev eth2 nodad; ip -6 route add fd77::/32 via fd00:2::1 dev eth2
         ip -6 address add fd00:9::9/128 dev lo",
    );
    machine
}

const FAILS: &str = "
service network eth1
    mtu 1400
    ip address 10.0.1.2/24
    ip address fd00:1::2/64
    ip route default 10.0.1.1 metric 1
    ip route default fd00:1::1 metric 2
service network eth0
    ip address 10.9.9.8/24
    ip address fd00:9::8/64
    ip route default fd00:9::9 metric 3
";

fn a_step_that_fails_is_named_and_the_others_are_undone() {
    let machine = in_use("fails");
    let before = machine.state();
    let planned = machine.done("plan", FAILS);
    assert!(planned.contains("ip -6 address del fd00:1::2/48 dev eth1"), "{planned}");
    let said = machine.refused("apply", FAILS);
    assert!(
        said.contains("'ip -6 route add default via fd00:9::9 dev eth0 metric 3 proto static' failed: "),
        "{said}"
    );
    assert!(said.contains("everything is as it was before"), "{said}");
    assert_eq!(machine.state(), before);
}

fn a_device_that_is_not_there_changes_nothing() {
    let machine = Machine::new("absent");
    let before = machine.state();
    let file = format!("{FILE}service network eth7\nip address 10.0.7.2/24\n");
    for task in ["plan", "apply"] {
        let said = machine.refused(task, &file);
        assert!(said.starts_with("net.cfg:14:17: there is no device 'eth7' on this machine"), "{said}");
    }
    assert_eq!(machine.state(), before);
}

fn a_device_that_is_off_is_taken_down() {
    let machine = Machine::new("off");
    machine.done("apply", FILE);
    let off = FILE.replacen("auto on", "auto off", 1);
    assert_eq!(machine.done("apply", &off), "ip link set dev eth0 down\n");
    let routes = machine.routes();
    assert!(routes.starts_with("default via 10.0.1.1 dev eth1") && routes.lines().count() == 1, "{routes}");
    assert_eq!(machine.done("apply", &off), "nothing to do\n");
    assert_eq!(
        machine.done("apply", FILE),
        "ip link set dev eth0 up\nip route add default via 10.0.0.1 dev eth0 metric 0 proto static\n"
    );
}

fn another_prefix_length_is_corrected() {
    let machine = in_use("prefix");
    let file = "service network eth1\nip address 10.0.1.2/24\nip address fd00:1::2/64\n";
    machine.done("apply", file);
    let after = machine.state();
    assert!(after.contains("10.0.1.2/24") && !after.contains("10.0.1.2/16"), "{after}");
    assert!(after.contains("fd00:1::2/64") && !after.contains("fd00:1::2/48"), "{after}");
    assert!(after.contains("10.0.7.7/16"), "addresses that the file does not name stay: {after}");
    assert_eq!(machine.done("apply", file), "nothing to do\n");
}

fn without_the_privilege_nothing_changes() {
    let machine = Machine::new("privilege");
    let before = machine.state();
    let file = machine.directory.path().join("net.cfg");
    std::fs::write(&file, FILE).expect("the directory can be written");
    let mut command = machine.inside.command("setpriv");
    command.args(["--bounding-set=-net_admin", "--inh-caps=-net_admin"]).arg(e2e::binary_path());
    let output = command.args(["network", "apply"]).arg(&file).output().expect("setpriv starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("failed: Operation not permitted"), "{said}");
    assert!(said.contains("everything is as it was before"), "{said}");
    assert_eq!(machine.state(), before);
}

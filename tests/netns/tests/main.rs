//! All tests in network namespaces. They need CAP_NET_ADMIN and CAP_SYS_ADMIN; without them they count as ignored.

mod doctor;
mod gateways;
mod network_apply;
mod transparent;

use std::process::ExitCode;

fn main() -> ExitCode {
    lockgate_netns_tests::run(&[
        ("doctor", doctor::CASES),
        ("gateways", gateways::CASES),
        ("network_apply", network_apply::CASES),
        ("transparent", transparent::CASES),
    ])
}

//! Any bytes as the appliance's network file: nothing panics, every place lies in its line, and a file without errors
//! can be planned for a machine that has its devices.
#![no_main]

use diag::{Format, Sources, render};
use libfuzzer_sys::fuzz_target;
use network::file::{self, NetworkFile};
use network::machine::{Link, Snapshot};
use network::plan::{plan, plan_back};

/// A machine with the devices of a file, all down and without addresses.
fn machine(file: &NetworkFile) -> Snapshot {
    let links = file.devices.iter().zip(1..);
    let links = links.map(|(device, index)| {
        let name = device.name.value.clone();
        Link { index, name, is_up: false, mtu: 1500, addresses: Vec::new() }
    });
    Snapshot { links: links.collect(), ..Snapshot::default() }
}

fuzz_target!(|data: &[u8]| {
    let mut sources = Sources::new();
    let id = sources.add("fuzz.network", data.to_vec());
    let (read, diags) = file::read(id, data);
    for span in diags.iter().filter_map(|diagnostic| diagnostic.span) {
        let width = sources.line_text(id, span.line).len() as u64;
        assert!(span.column >= 1 && u64::from(span.column - 1) + u64::from(span.len) <= width);
    }
    for format in [Format::People, Format::Haproxy, Format::Json] {
        let _ = render(&diags, &sources, format, 1);
    }
    if !diags.has_errors() {
        let bare = machine(&read);
        plan(&read, &bare).expect("all devices are there and nothing is in the way");
        assert!(plan_back(&read, &bare, &bare).is_empty(), "nothing leads back to where one is");
    }
});

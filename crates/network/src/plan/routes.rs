//! Which routes come, which change their way, which go.

use diag::{Diagnostic, Diagnostics};

use super::{Extras, Wanted, WantedRoute};
use crate::machine::{Hop, Link, Origin, Route, Snapshot};
use crate::step::Step;

/// What is added or replaced, and what goes after that.
pub(super) fn steps(
    present: &[(&Wanted<'_>, &Link)],
    now: &Snapshot,
    diags: &mut Diagnostics,
) -> (Vec<Step>, Vec<Step>) {
    let mut set = Vec::new();
    // Routes that are gone when all of `set` is done.
    let mut replaced: Vec<&Route> = Vec::new();
    for (device, _) in present {
        for wanted in &device.routes {
            let same: Vec<&Route> = now.routes.iter().filter(|own| own.key() == wanted.route.key()).collect();
            if same.iter().any(|own| own.fits(&wanted.route)) {
                continue;
            }
            let Some(first) = same.first() else {
                set.push(Step::AddRoute(device.device(), wanted.route.clone()));
                continue;
            };
            if let Some(other) = same.iter().find(|own| !is_ours(own, present)) {
                diags.push(in_the_way(wanted, other, now));
                continue;
            }
            replaced.push(first);
            set.push(Step::ReplaceRoute(device.device(), wanted.route.clone()));
        }
    }
    let mut unset = Vec::new();
    for (device, _) in present {
        let goes = |own: &&Route| goes(own, device) && !replaced.iter().any(|gone| std::ptr::eq(*gone, *own));
        let going = now.routes.iter().filter(goes);
        unset.extend(going.map(|own| Step::RemoveRoute(device.device(), own.clone())));
    }
    (set, unset)
}

/// Whether a route may be replaced: somebody set it, and it leaves by a device that is planned for.
fn is_ours(own: &Route, present: &[(&Wanted<'_>, &Link)]) -> bool {
    own.origin == Origin::Set
        && matches!(own.hop, Hop::One { device, .. }
            if present.iter().any(|(wanted, _)| wanted.link.index == device))
}

/// Whether a route of this device is too much.
fn goes(own: &Route, device: &Wanted<'_>) -> bool {
    let is_its_own = own.origin == Origin::Set
        && matches!(own.hop, Hop::One { device: index, .. } if index == device.link.index);
    let is_wanted = device.routes.iter().any(|wanted| own.fits(&wanted.route));
    let is_contradicted = device.routes.iter().any(|wanted| wanted.route.destination == own.destination);
    is_its_own && !is_wanted && (is_contradicted || device.extras == Extras::Remove)
}

fn in_the_way(wanted: &WantedRoute, other: &Route, now: &Snapshot) -> Diagnostic {
    let Route { destination, metric, .. } = wanted.route;
    let what = if destination.is_default() {
        format!("a default route of metric {metric}")
    } else {
        format!("a route to {destination} of metric {metric}")
    };
    let (owner, note) = match (&other.hop, other.origin) {
        (Hop::One { device, .. }, Origin::Set) => {
            let note = "name that device in the file, or give this route another `metric`";
            (format!("`{}`, which the file does not name", now.name(*device)), note)
        }
        (Hop::One { device, .. }, Origin::Automatic) => {
            let note = "give this route another `metric`";
            (format!("`{}` by the kernel's own making", now.name(*device)), note)
        }
        (Hop::Special(devices), _) => {
            let names: Vec<&str> = devices.iter().map(|index| now.name(*index)).collect();
            let note = "give this route another `metric`, or remove that one first";
            (format!("{} with options that are not changed here", names.join(", ")), note)
        }
    };
    let problem = Diagnostic::error(format!("there is {what} already, by {owner}")).note(note);
    match wanted.span {
        Some(span) => problem.at(span),
        None => problem,
    }
}

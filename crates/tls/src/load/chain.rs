//! The order of a chain: each certificate is followed by the one that signed it (RFC 5246 section 7.4.2).

use super::SelfIssued;
use super::certificate::Certificate;

/// Which certificates to send behind `own`, and in which order, as indexes of `rest`.
///
/// Files are sent as they are unless they are out of order and would be in order otherwise. Where self-issued
/// authorities are left out (`ssl-skip-self-issued-ca`), what does not belong to the chain is left out as well.
pub(crate) fn order(own: &Certificate<'_>, rest: &[Certificate<'_>], self_issued: SelfIssued) -> Vec<usize> {
    let linked = follow(own, rest);
    match self_issued {
        SelfIssued::Sent if linked.len() == rest.len() => linked,
        SelfIssued::Sent => (0..rest.len()).collect(),
        SelfIssued::Skipped => linked.into_iter().filter(|&index| !rest[index].is_self_issued()).collect(),
    }
}

/// From `own` upwards, as far as there are issuers. Of several that fit, the first counts, so that a chain that is in
/// order stays as it is.
fn follow(own: &Certificate<'_>, rest: &[Certificate<'_>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(rest.len());
    let mut last = own;
    while !last.is_self_issued() {
        let next = (0..rest.len()).find(|index| !order.contains(index) && rest[*index].issued(last));
        let Some(next) = next else {
            break;
        };
        order.push(next);
        last = &rest[next];
    }
    order
}

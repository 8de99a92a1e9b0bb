//! Chains and what OpenSSL says about them.

use rcgen::{
    BasicConstraints, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};

use super::pki::{Party, authority, authority_with, client, list, same_key};
use super::*;

/// A chain, what it is checked against, and what comes of it.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) shown: Vec<CertificateDer<'static>>,
    pub(super) policy: Policy,
    /// Lists of `policy`, DER.
    pub(super) lists: Vec<Arc<[u8]>>,
    /// The error that ends the check, 0 for none, and its depth.
    pub(super) expected: (u16, u8),
    /// With everything ignored: `ssl_c_verify`, `ssl_c_err`, `ssl_c_ca_err`, `ssl_c_ca_err_depth`.
    pub(super) ignoring: (u16, u16, u16, u8),
}

fn case(
    name: &'static str,
    shown: &[&Party],
    trusted: &[&Party],
    expected: (u16, u8),
    ignoring: (u16, u16, u16, u8),
) -> Case {
    let mut trust = TrustStore::empty();
    trusted.iter().for_each(|party| trust.add(party.der.clone()).unwrap());
    let policy = Policy::new(Purpose::Client, Arc::new(trust));
    let shown = shown.iter().map(|party| party.der.clone()).collect();
    Case { name, shown, policy, lists: Vec::new(), expected, ignoring }
}

impl Case {
    fn with_lists(mut self, lists: &[Arc<[u8]>]) -> Case {
        self.policy.crls = Some(Arc::new(RevocationLists::parse(lists).unwrap()));
        self.lists = lists.to_vec();
        self
    }
}

const OK: (u16, u8) = (0, 0);
const NOTHING: (u16, u16, u16, u8) = (0, 0, 0, 0);

/// How chains end.
pub(super) fn of_building() -> Vec<Case> {
    let root = authority("root", None, |_| {});
    let middle = authority("middle", Some(&root), |_| {});
    let leaf = client(Some(&middle), |_| {});
    let own = client(None, |_| {});
    // Other keys under the same names.
    let foreign = authority("root", None, |_| {});
    let plain = |params: &mut rcgen::CertificateParams| params.use_authority_key_identifier_extension = false;
    let middle_plain = authority("middle", Some(&root), plain);
    let leaf_of_root = client(Some(&root), plain);
    let old = authority_with(same_key(&middle), "middle", Some(&root), |params| {
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    let mut tampered = client(Some(&middle), |_| {});
    let mut bytes = tampered.der.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    tampered.der = bytes.into();
    let mut shallow = case("too long", &[&leaf, &middle], &[&root], (22, 1), (20, 0, 22, 1));
    shallow.policy.depth_max = 0;
    let mut strong = case("strength", &[&leaf, &middle], &[&root], (66, 0), (67, 66, 67, 1));
    strong.policy.security_level = 4;
    vec![
        case("good", &[&leaf, &middle], &[&root], OK, NOTHING),
        case("root shown", &[&leaf, &root, &middle], &[&root], OK, NOTHING),
        case("all trusted", &[&leaf], &[&middle, &root], OK, NOTHING),
        case("no middle", &[&leaf], &[&root], (20, 0), (21, 20, 0, 0)),
        case("nobody trusted", &[&leaf, &middle], &[], (20, 1), (20, 0, 20, 1)),
        case("untrusted root", &[&leaf, &middle, &root], &[], (19, 2), (19, 0, 19, 2)),
        case("foreign root", &[&leaf, &middle, &root], &[&foreign], (19, 2), (19, 0, 19, 2)),
        case("only middle trusted", &[&leaf], &[&middle], (2, 1), (2, 0, 2, 1)),
        case("self-signed", &[&own], &[&root], (18, 0), (18, 18, 0, 0)),
        case("self-signed, trusted", &[&own], &[&own], OK, NOTHING),
        case("foreign key", &[&leaf_of_root], &[&foreign], (7, 0), (7, 7, 0, 0)),
        case("foreign key above", &[&leaf, &middle_plain], &[&foreign], (20, 0), (21, 20, 0, 0)),
        case("tampered", &[&tampered, &middle], &[&root], (7, 0), (7, 7, 0, 0)),
        case("the valid one of two", &[&leaf, &old, &middle], &[&root], OK, NOTHING),
        case("the valid one of two trusted", &[&leaf], &[&old, &middle, &root], OK, NOTHING),
        shallow,
        strong,
    ]
}

/// Dates.
pub(super) fn of_dates() -> Vec<Case> {
    let over = |params: &mut rcgen::CertificateParams| params.not_after = date_time_ymd(2021, 1, 1);
    let early = |params: &mut rcgen::CertificateParams| params.not_before = date_time_ymd(2029, 1, 1);
    let root = authority("root", None, |_| {});
    let middle = authority("middle", Some(&root), |_| {});
    let old_root = authority("root", None, over);
    let old_middle = authority("middle", Some(&root), over);
    let both = authority("middle", Some(&old_root), early);
    vec![
        case("expired", &[&client(Some(&root), over)], &[&root], (10, 0), (10, 10, 0, 0)),
        case("early", &[&client(Some(&root), early)], &[&root], (9, 0), (9, 9, 0, 0)),
        case(
            "expired middle",
            &[&client(Some(&old_middle), |_| {}), &old_middle],
            &[&root],
            (10, 1),
            (10, 0, 10, 1),
        ),
        case("expired root", &[&client(Some(&old_root), |_| {})], &[&old_root], (10, 1), (10, 0, 10, 1)),
        case("all", &[&client(Some(&both), over), &both], &[&old_root], (10, 2), (10, 10, 10, 2)),
        case("expired, unknown", &[&client(Some(&middle), over)], &[&root], (20, 0), (10, 20, 0, 0)),
    ]
}

/// Extensions.
pub(super) fn of_extensions() -> Vec<Case> {
    let root = authority("root", None, |_| {});
    let server_only = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let for_servers = client(Some(&root), |params| params.extended_key_usages = server_only.clone());
    let no_signature =
        client(Some(&root), |params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment]);
    let bare = client(Some(&root), |params| {
        params.key_usages.clear();
        params.extended_key_usages.clear();
    });
    let middle_for_servers =
        authority("middle", Some(&root), |params| params.extended_key_usages = server_only);
    let no_authority = authority("middle", Some(&root), |params| params.is_ca = IsCa::ExplicitNoCa);
    let silent = authority("middle", Some(&root), |params| {
        params.is_ca = IsCa::NoCa;
        params.key_usages.clear();
    });
    let usage_only = authority("middle", Some(&root), |params| params.is_ca = IsCa::NoCa);
    let no_sign =
        authority("middle", Some(&root), |params| params.key_usages = vec![KeyUsagePurpose::CrlSign]);
    let short =
        |params: &mut rcgen::CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let short_root = authority("root", None, short);
    let middle = authority("middle", Some(&short_root), |_| {});
    let self_issued = authority("root", Some(&short_root), |_| {});
    let short_middle = authority("middle", Some(&root), short);
    let low = authority("low", Some(&short_middle), |_| {});
    let unknown = |is_critical: bool| {
        client(Some(&root), |params| {
            let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
            extension.set_criticality(is_critical);
            params.custom_extensions.push(extension);
        })
    };
    let mut as_server = case("server", &[&for_servers], &[&root], OK, NOTHING);
    as_server.policy.purpose = Purpose::Server;
    let below = |middle: &Party| client(Some(middle), |_| {});
    vec![
        as_server,
        case("purpose", &[&for_servers], &[&root], (26, 0), (26, 26, 0, 0)),
        case("no signature", &[&no_signature], &[&root], (26, 0), (26, 26, 0, 0)),
        case("no usages", &[&bare], &[&root], OK, NOTHING),
        case(
            "middle's purpose",
            &[&below(&middle_for_servers), &middle_for_servers],
            &[&root],
            (26, 1),
            (26, 0, 26, 1),
        ),
        case("no authority", &[&below(&no_authority), &no_authority], &[&root], (79, 1), (26, 0, 79, 1)),
        case("silent middle", &[&below(&silent), &silent], &[&root], (79, 1), (26, 0, 79, 1)),
        case("usage only", &[&below(&usage_only), &usage_only], &[&root], (79, 1), (79, 0, 79, 1)),
        case("may not sign", &[&below(&no_sign), &no_sign], &[&root], (79, 1), (32, 0, 79, 1)),
        case("path length", &[&below(&middle), &middle], &[&short_root], (25, 2), (25, 0, 25, 2)),
        case("path length, not counted", &[&below(&self_issued), &self_issued], &[&short_root], OK, NOTHING),
        case(
            "a middle's path length",
            &[&below(&low), &low, &short_middle],
            &[&root],
            (25, 2),
            (25, 0, 25, 2),
        ),
        case("unknown", &[&unknown(false)], &[&root], OK, NOTHING),
        case("unknown critical", &[&unknown(true)], &[&root], (34, 0), (34, 34, 0, 0)),
    ]
}

/// Revocation lists.
pub(super) fn of_revocation() -> Vec<Case> {
    let root = authority("root", None, |_| {});
    let middle = authority("middle", Some(&root), |params| params.serial_number = Some(7u64.into()));
    let leaf = client(Some(&middle), |params| params.serial_number = Some(0xfe_dcbau64.into()));
    let foreign = authority_with(rcgen::KeyPair::generate().unwrap(), "middle", Some(&root), |_| {});
    let usage =
        |params: &mut rcgen::CertificateParams| params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let mut cannot_list = authority("middle", Some(&root), usage);
    cannot_list.params.key_usages.push(KeyUsagePurpose::CrlSign);
    let leaf_of_it = client(Some(&cannot_list), |_| {});
    let good = |party: &Party| list(party, &[1, 2], |_| {});
    let shown = [&leaf, &middle];
    let new = |name, expected, ignoring| case(name, &shown, &[&root], expected, ignoring);
    let old = list(&middle, &[], |params| params.next_update = date_time_ymd(2025, 1, 1));
    let early = list(&middle, &[], |params| {
        (params.this_update, params.next_update) = (date_time_ymd(2028, 1, 1), date_time_ymd(2029, 1, 1));
    });
    let newer = list(&middle, &[0xfe_dcba], |params| params.this_update = date_time_ymd(2025, 1, 1));
    let scoped = |scope| {
        list(&middle, &[0xfe_dcba], |params| {
            let uris = vec!["http://x/".to_owned()];
            params.issuing_distribution_point = Some(rcgen::CrlIssuingDistributionPoint {
                distribution_point: rcgen::CrlDistributionPoint { uris },
                scope,
            });
        })
    };
    let of_root = good(&root);
    vec![
        new("not revoked", OK, NOTHING).with_lists(&[good(&middle), of_root.clone()]),
        new("no lists", (3, 0), (3, 3, 3, 1)).with_lists(&[good(&foreign_root())]),
        new("no list of the root", (3, 1), (3, 0, 3, 1)).with_lists(&[good(&middle)]),
        new("no list of the middle", (3, 0), (3, 3, 0, 0)).with_lists(std::slice::from_ref(&of_root)),
        new("revoked", (23, 0), (23, 23, 0, 0))
            .with_lists(&[list(&middle, &[3, 0xfe_dcba], |_| {}), of_root.clone()]),
        new("revoked middle", (23, 1), (23, 0, 23, 1))
            .with_lists(&[good(&middle), list(&root, &[9, 7], |_| {})]),
        new("old list", (12, 0), (12, 12, 0, 0)).with_lists(&[old.clone(), of_root.clone()]),
        new("an old and a good one", OK, NOTHING).with_lists(&[old, good(&middle), of_root.clone()]),
        new("early list", (11, 0), (11, 11, 0, 0)).with_lists(&[early, of_root.clone()]),
        new("the newer of two", (23, 0), (23, 23, 0, 0)).with_lists(&[good(&middle), newer, of_root.clone()]),
        new("foreign list", (3, 0), (3, 3, 0, 0)).with_lists(&[good(&foreign), of_root.clone()]),
        new("for elsewhere", (44, 0), (3, 44, 0, 0)).with_lists(&[scoped(None), of_root.clone()]),
        new("for authorities", (44, 0), (3, 44, 0, 0))
            .with_lists(&[scoped(Some(rcgen::CrlScope::CaCertsOnly)), of_root.clone()]),
        case("may not make lists", &[&leaf_of_it, &cannot_list], &[&root], (35, 0), (35, 35, 0, 0))
            .with_lists(&[good(&cannot_list), of_root]),
    ]
}

/// An authority of another name.
fn foreign_root() -> Party {
    authority("elsewhere", None, |_| {})
}

/// Name constraints.
pub(super) fn of_constraints() -> Vec<Case> {
    let limited = |permitted: &[GeneralSubtree], excluded: &[GeneralSubtree]| {
        authority("root", None, |params| {
            params.name_constraints = Some(NameConstraints {
                permitted_subtrees: permitted.to_vec(),
                excluded_subtrees: excluded.to_vec(),
            });
        })
    };
    let named = |root: &Party, host: &str| {
        client(Some(root), |params| {
            params.subject_alt_names = vec![SanType::DnsName(host.try_into().unwrap())];
        })
    };
    let common = |root: &Party, host: &str| {
        client(Some(root), |params| params.distinguished_name.push(DnType::CommonName, host))
    };
    let dns = GeneralSubtree::DnsName("example.com".to_owned());
    let permitted = limited(std::slice::from_ref(&dns), &[]);
    let excluded = limited(&[], &[dns]);
    let mail = limited(&[GeneralSubtree::Rfc822Name("example.com".to_owned())], &[]);
    let new = |name, root: &Party, leaf: Party, expected, ignoring| {
        case(name, &[&leaf], &[root], expected, ignoring)
    };
    vec![
        new("permitted", &permitted, named(&permitted, "www.example.com"), OK, NOTHING),
        new("not permitted", &permitted, named(&permitted, "example.org"), (47, 0), (47, 47, 0, 0)),
        new("excluded", &excluded, named(&excluded, "www.example.com"), (48, 0), (48, 48, 0, 0)),
        new("not excluded", &excluded, named(&excluded, "example.org"), OK, NOTHING),
        new("of another kind", &mail, named(&mail, "example.org"), OK, NOTHING),
        new("common name", &permitted, common(&permitted, "www.example.org"), (47, 0), (47, 47, 0, 0)),
        new("no host", &permitted, common(&permitted, "Example Ltd."), OK, NOTHING),
    ]
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    [of_building(), of_dates(), of_extensions(), of_revocation(), of_constraints()]
        .into_iter()
        .flatten()
        .collect()
}

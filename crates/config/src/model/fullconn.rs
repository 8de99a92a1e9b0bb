//! How many sessions a backend is made for where it does not say so (manual, chapter 4.2, `fullconn`): a tenth of what all
//! frontends that may lead to it let in.

use super::{Config, ProxyConfig, SwitchTarget};

impl Config {
    /// `fullconn` of each proxy, by its id, where the process takes `maxconn` connections.
    #[must_use]
    pub fn fullconns(&self, maxconn: u32) -> Vec<u32> {
        let mut sums = vec![0u64; self.proxies.len()];
        for proxy in self.proxies.iter().filter(|proxy| !proxy.is_disabled && proxy.sides.has_frontend()) {
            let own = if proxy.maxconn == 0 { maxconn } else { proxy.maxconn };
            for id in targets(proxy) {
                sums[id.index()] += u64::from(own);
            }
        }
        let of = |(proxy, sum): (&ProxyConfig, u64)| match proxy.fullconn {
            0 => u32::try_from(sum.div_ceil(10).max(1)).unwrap_or(u32::MAX),
            own => own,
        };
        self.proxies.iter().zip(sums).map(of).collect()
    }
}

/// The backends that a frontend may lead to, each once.
fn targets(proxy: &ProxyConfig) -> Vec<base::ProxyId> {
    let itself = Some(proxy.id).filter(|_| proxy.sides.has_backend());
    let fixed = proxy.switching.iter().filter_map(|rule| match rule.target {
        SwitchTarget::Fixed(id) => Some(id),
        SwitchTarget::Computed(_) => None,
    });
    let mut targets: Vec<_> = fixed.chain(proxy.default_backend.or(itself)).collect();
    targets.sort_unstable();
    targets.dedup();
    targets
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::good;

    #[test]
    fn a_tenth_of_what_may_come() {
        let config = good(
            "frontend a\n  bind 127.0.0.1:1\n  maxconn 95\n  use_backend y if { src 10.0.0.1 }\n  use_backend y\n  \
             default_backend x\n\
             frontend b\n  bind 127.0.0.1:2\n  default_backend x\n\
             listen l\n  bind 127.0.0.1:3\n  maxconn 30\n  server s 127.0.0.1:9\n\
             backend x\nbackend y\nbackend z\nbackend own\n  fullconn 7\n",
        );
        let of = |maxconn| config.fullconns(maxconn)[2..].to_vec();
        assert_eq!(of(1_000), [3, 110, 10, 1, 7]);
        assert_eq!(of(9_984), [3, 1_008, 10, 1, 7]);
    }
}

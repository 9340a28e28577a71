//! The rooms, put together over one store. Tests put them together in the same way and turn the rounds by
//! hand.

use super::AppError;
use crate::bot::Bot;
use crate::clock::Clock;
use crate::connector::{Answers, Connector, Finish, Heard};
use crate::desk::{Carrier, Desk, Office, Outlet, Replies};
use crate::metrics::Metrics;
use crate::model::{AccountId, At, ChatKind, Duty, Platform, RunId, UnknownPolicy};
use crate::rounds::duties::{self, Duties, Gate, Wanted};
use crate::rounds::fanout::{self, Planner, Rest};
use crate::rounds::feeds;
use crate::rounds::feeds::Feeds;
use crate::rounds::gauges::Gauges;
use crate::rounds::hands::Hands;
use crate::rounds::outbox::{self, Channel, Outbox, OutboxParts};
use crate::rounds::press::Press;
use crate::rounds::probes::Probes;
use crate::rounds::promises::Promises;
use crate::rounds::retention::{self, Retention};
use crate::rounds::space::Watch;
use crate::rounds::sweep::Sweep;
use crate::rounds::trials::Trials;
use crate::store::vault::Parts;
use crate::store::{Store, StoreError};
use crate::text::say::operator::TroubleSays;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the rooms stand on.
pub struct Ground {
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The vault's capabilities.
    pub vault: Parts,
    /// The office.
    pub office: Office,
    /// The accounts, and what becomes of what may have arrived.
    pub channels: Vec<(Arc<dyn Connector>, UnknownPolicy)>,
    /// How sources are read.
    pub feeds: feeds::Settings,
    /// How failures to send are dealt with.
    pub outbox: outbox::Settings,
    /// How long what is kept is kept.
    pub retention: retention::Settings,
    /// How this process takes part, where several work over one store.
    pub duties: duties::Settings,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Cancelled when everything shall stop.
    pub stop: CancellationToken,
}

/// The rounds of which one worker at a time turns each.
pub const ROUNDS: [&str; 9] =
    ["inbox", "feeds", "trials", "press", "fan-out", "promises", "hands", "sweep", "retention"];

/// The rooms.
pub struct Rooms {
    /// Where things are done.
    pub desk: Desk,
    /// The door from chat.
    pub bot: Bot,
    /// Reads sources.
    pub feeds: Arc<Feeds>,
    /// Reads sources on trial.
    pub trials: Trials,
    /// Tries accounts.
    pub probes: Probes,
    /// Makes digests, and publishes what is scheduled.
    pub press: Press,
    /// Plans deliveries.
    pub fanout: Planner,
    /// Sends them.
    pub outbox: Outbox,
    /// Keeps deadlines.
    pub promises: Promises,
    /// Looks after what people bring to their groups.
    pub hands: Hands,
    /// Destroys keys, forgets what is over.
    pub sweep: Sweep,
    /// Removes what has had its time.
    pub retention: Retention,
    /// Tells how much waits.
    pub gauges: Gauges,
    /// Watches the disk under the store.
    pub space: Watch,
    /// The accounts.
    pub accounts: Vec<AccountId>,
    /// Who does what.
    pub duties: Arc<Duties>,
    /// Where a round asks whether it is turned here.
    pub gate: Gate,
}

impl Rooms {
    /// Puts the rooms together. Nothing begins yet.
    ///
    /// # Errors
    /// When the machine's certificates cannot be read.
    pub fn new(ground: Ground) -> Result<Self, AppError> {
        let Ground { store, clock, vault, office, channels, feeds, outbox, .. } = ground;
        let Ground { retention, metrics, stop, .. } = ground;
        let office = Arc::new(office);
        let keys = (vault.sealer.clone(), vault.texts.clone(), vault.hasher.clone());
        let connectors: Vec<_> = channels.iter().map(|(c, _)| c.clone()).collect();
        let outlets = connectors.iter().map(|c| outlet(&**c)).collect();
        let desk = Desk::new(store.clone(), clock.clone(), keys, office.clone()).through(outlets);
        let accounts: Vec<_> = connectors.iter().map(|c| c.account().clone()).collect();
        let ahead: Vec<_> =
            connectors.iter().map(|c| (c.account().clone(), fanout::ahead(c.limits()))).collect();
        let wanted = wanted(&connectors);
        let duties = Arc::new(Duties::new(store.clone(), clock.clone(), ground.duties, wanted));
        let gate = Gate::to(store.as_ref(), &duties, &clock);
        let channels = channels.into_iter();
        let channels = channels.map(|(connector, unknown)| Channel { connector, unknown });
        let sources = office.sources.clone();
        let reader =
            Feeds::new(store.clone(), clock.clone(), sources.clone(), feeds, metrics.clone())
                .map_err(|e| TroubleSays::SourcesImpossible(e.to_string()))?;
        let reader = Arc::new(reader);
        Ok(Self {
            probes: Probes::new(store.clone(), desk.clone(), connectors.clone()),
            bot: Bot::new(desk.clone(), connectors),
            trials: Trials::new(store.clone(), desk.clone(), reader.clone()),
            feeds: reader,
            press: Press::new(store.clone(), clock.clone(), office.topics.clone(), sources),
            fanout: Planner::new(store.clone(), clock.clone()).ahead(ahead).speaking(office.lang),
            promises: Promises::new(desk.clone()),
            hands: Hands::new(desk.clone()),
            sweep: Sweep::new(store.clone(), vault.sealer, clock.clone()),
            retention: Retention::new(store.clone(), clock.clone(), retention),
            space: Watch::new(store.clone(), clock.clone(), metrics.clone()),
            gauges: Gauges::new(store.clone(), clock.clone(), metrics.clone(), accounts.clone()),
            outbox: Outbox::new(OutboxParts {
                run: RunId(clock.fresh()),
                store,
                clock,
                channels: channels.collect(),
                addresses: vault.addresses,
                texts: vault.texts,
                hasher: vault.hasher,
                settings: outbox,
                metrics,
                gate: gate.clone(),
                stop,
            }),
            desk,
            accounts,
            duties,
            gate,
        })
    }

    /// Stores what a platform said, and how far it was heard: only then is the next asked for.
    ///
    /// # Errors
    /// When it could not be stored: it must be stored again before anything else is asked for.
    pub async fn hear(&self, account: &AccountId, batch: &Heard) -> Result<(), StoreError> {
        self.desk.take_in(&batch.inbound).await?;
        let ours = self.desk.concerns_us(batch.overheard.clone()).await?;
        self.desk.take_in(&ours).await?;
        match &batch.mark {
            Some(mark) => self.desk.heard_up_to(account, mark.clone()).await,
            None => Ok(()),
        }
    }

    /// Turns every round until nothing is left to do at this moment. Returns when something is due next.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settle(&self) -> Result<Option<At>, StoreError> {
        loop {
            let handled = self.bot.round().await?;
            let mut next = vec![self.feeds.round().await?.next, self.trials.round().await?];
            next.extend([self.probes.round().await?, self.press.round().await?]);
            loop {
                let progress = self.fanout.round().await?;
                let mut sent = Vec::new();
                for account in &self.accounts {
                    sent.push(self.outbox.round(account).await?);
                }
                let more = progress.planned > 0 && progress.rest == Rest::Waiting;
                if progress.rest != Rest::Something && !more {
                    next.extend(sent);
                    break;
                }
            }
            next.push(self.promises.round().await?);
            let hands = self.hands.round().await?;
            next.push(hands.next);
            next.push(self.sweep.round().await?);
            next.push(self.retention.round().await?);
            if handled == 0 && hands.moved == 0 {
                return Ok(next.into_iter().flatten().min());
            }
        }
    }
}

/// What a worker would do. Rounds stay together, so that they wake each other at once; so does the account of our own
/// pages, since what is shown at a seat and not kept is remembered by the process that has it.
fn wanted(connectors: &[Arc<dyn Connector>]) -> Wanted {
    let account = |c: &Arc<dyn Connector>| Duty::Account(c.account().clone());
    let (pages, others): (Vec<_>, Vec<_>) =
        connectors.iter().partition(|c| c.platform() == Platform::Web);
    let rounds = ROUNDS.iter().map(|name| Duty::Round((*name).to_owned()));
    Wanted {
        stays: pages.into_iter().map(account).chain(rounds).collect(),
        spreads: others.into_iter().map(account).collect(),
    }
}

/// What the desk knows of an account.
pub(super) fn outlet(connector: &dyn Connector) -> Outlet {
    let limits = connector.limits();
    let kind = connector.only_chat().map_or(ChatKind::Direct, |chat| chat.kind);
    Outlet {
        account: connector.account().clone(),
        size: connector.size(kind),
        rates: limits.account.clone(),
        chats: limits.chat.clone(),
        parallel: limits.parallel,
        carrier: match connector.finish(ChatKind::Group) {
            Finish::Handed => Carrier::People,
            Finish::Done | Finish::ByHand => Carrier::Program,
        },
        carries: connector.carries(kind),
        replies: match connector.answers() {
            Answers::Named => Replies::Named,
            Answers::Bare => Replies::Bare,
        },
    }
}

//! People who talk to the bot all the while: each asks something, or submits a suggestion, and waits for what
//! the bot has to say to it. Nobody says a thing twice, so that whatever the bot says twice is a repetition.

use crate::telegram::{FakeTelegram, Person};
use rand::Rng as _;
use std::time::{Duration, Instant};

/// How many may wait for the bot at once, and how many updates may wait to be heard.
const WAITING_MOST: usize = 150;
const PENDING_MOST: usize = 60;

/// Who waits is looked after so often.
const LOOK: Duration = Duration::from_millis(20);

/// Everybody who talks.
pub struct Talk {
    waiting: Vec<(Person, Stage)>,
    looked: Instant,
    /// How many suggestions were confirmed by their authors.
    pub confirmed: u64,
    /// How many have spoken.
    pub spoken: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Asked for the topics, and waits for them.
    Asked,
    /// Wrote a suggestion, and waits for the question whether it shall be submitted.
    Wrote,
    /// Confirmed it, and waits for the receipt.
    Confirmed,
}

impl Talk {
    /// Nobody talks yet.
    pub fn new() -> Self {
        Self { waiting: Vec::new(), looked: Instant::now(), confirmed: 0, spoken: 0 }
    }

    /// Whether everybody has what they waited for.
    pub fn is_over(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Who waits for what.
    pub fn waiting(&self, fake: &FakeTelegram) -> String {
        let one = |(person, stage): &(Person, Stage)| {
            let said = fake.messages(&person.private());
            let said: Vec<_> = said.iter().map(|m| m.text.clone()).collect();
            format!("{} {stage:?}, having read {said:?}", person.id())
        };
        self.waiting.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Somebody says something, perhaps.
    pub fn goes_on(&mut self, fake: &FakeTelegram) {
        let (_, pending) = fake.numbers();
        if self.waiting.len() >= WAITING_MOST || pending.len() >= PENDING_MOST {
            return;
        }
        let chance = rand::rng().random_range(0..1000);
        if chance >= 150 {
            return;
        }
        self.spoken += 1;
        let person = fake.user("邻居");
        // A suggestion costs a slow hash, most of what people say does not.
        let (words, stage) = if chance < 15 {
            (format!("公园里请多装几盏路灯，第{}处", self.spoken), Stage::Wrote)
        } else {
            ("/栏目".to_owned(), Stage::Asked)
        };
        fake.knows_the_first_bot_only(&person);
        person.says(&person.private(), &words);
        self.waiting.push((person, stage));
    }

    /// Everybody reads what the bot said to them.
    pub fn reads(&mut self, fake: &FakeTelegram) {
        if self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        let mut confirmed = 0;
        self.waiting.retain_mut(|(person, stage)| {
            let said = fake.messages(&person.private());
            match stage {
                Stage::Asked => said.is_empty(),
                Stage::Wrote => {
                    let question = said.iter().find(|m| m.labels().concat().contains(&"提交"));
                    if let Some(question) = question {
                        person.presses(question, "提交");
                        *stage = Stage::Confirmed;
                        confirmed += 1;
                    }
                    true
                }
                Stage::Confirmed => !said.iter().any(|m| m.text.contains("编号")),
            }
        });
        self.confirmed += confirmed;
    }
}

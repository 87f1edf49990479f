name: y
kind: deals
# Fields: crm_id, title, customer, account_id, outcome, stage, is_won, is_closed, amount, expected_amount, unit, currency, closed_on, lost_on, started_on, cycle_days, product, industry, size, owner, lead_source, campaign, competitor, reason, next_step, description, row_start
fields:
  crm_id: [商談ID]
  title: [商談名]
  customer: [取引先名]
  stage: [フェーズ]
  amount: [金額]
  closed_on: [完了日]
  started_on: [開始日]
  industry: [業種]
  owner: [担当者]
outcomes:
  won: [受注, 祝杯]

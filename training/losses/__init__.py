"""What the regressor R is trained by on faces nobody labelled (paper, 5): one file a loss.

L = L_ct + 0.1 L_id + 0.1 L_pr + 0.1 L_lp + 0.1 L_adv
"""
